//go:build !enterprise

package main

const edition = "community"
