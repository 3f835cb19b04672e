module example.com/api

go 1.26.8

require example.com/lib v0.0.0
