"""Questions a user asks, answered from the models: compare, estimate, layers, explain."""
