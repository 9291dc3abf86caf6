package main

import (
	"fmt"

	"example.com/app"
)

func main() { fmt.Println(app.Shout("hello from " + edition)) }
