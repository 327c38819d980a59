"""Where code that nobody trusts runs: isolation, disposable clones, patches and tree digests."""
