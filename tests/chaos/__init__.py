"""Breaking everything while people work, and holding what is left against what they were told."""
