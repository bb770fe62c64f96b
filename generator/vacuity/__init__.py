"""Whether the generated tests can fail: wrong skillsets are made on purpose, and each must be noticed."""
