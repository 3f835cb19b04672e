module example.com/c

go 1.26.8
