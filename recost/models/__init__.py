"""Models: what a network costs on a machine, from hardware and layer table to counts and prices."""
