"""How an agent becomes pods, ports and an identity, and what its own manifest already says.

One module a runtime; nothing outside `kagent.py`, the agents and models layers and their tests
knows kagent's conventions.
"""
