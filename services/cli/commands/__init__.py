"""The commands of `heatsink`, one file each."""
