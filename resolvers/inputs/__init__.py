"""What clients write: one module a kind, and the operations that a change set is made of."""
