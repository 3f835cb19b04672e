module example.com/options/v2 // the last part is a version

go 1.26.8
