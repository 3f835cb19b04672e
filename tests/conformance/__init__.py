"""One result from both engines: small programs, what a Dagger Engine made of them, and what daglet makes of them."""
