"""graphlink links the accounts of one operator, and says why."""
