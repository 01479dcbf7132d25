"""The shipped layers as Python, one generated module a layer (`python -m kgen.expand.compile`); not committed."""
