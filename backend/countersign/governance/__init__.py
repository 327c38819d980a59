"""Documents with authority, versioned rules, what a change breaks, what it risks and who must decide."""
