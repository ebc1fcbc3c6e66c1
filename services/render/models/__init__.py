"""The models' shelf, for operators: what the catalogue holds, whether it is sound, one more."""
