"""Who is who: persons, their users, roles as data, tokens and one-time logins."""
