"""Renders that share their steps against one at a time, on an accelerator; needs no platform."""
