package main

import "github.com/pocketbase/pocketbase"

func main() { _ = pocketbase.New() }
