"""What clients read: one module a kind, and the change sets, history and audit around them."""
