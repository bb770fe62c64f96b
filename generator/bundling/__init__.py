"""Makes of a skillset, and of what it uses of the runtime, one file that stands alone."""
