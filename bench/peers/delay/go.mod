module delay

go 1.23
