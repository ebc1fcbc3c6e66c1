"""The storm: a population, a fleet and a control, in simulated time."""
