"""Measurements, side by side in one run. Figures are ratios where they can be."""
