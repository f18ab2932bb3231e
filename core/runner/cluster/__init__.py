"""Workers on other machines: Dask carries packs to them, this machine saves what they make."""
