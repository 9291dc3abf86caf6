package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// graph is a list of tasks, each with the tasks it needs, which come before it.
type graph [][]int

// shape makes the graph of a shape with n tasks; nil where there is no such shape.
func shape(name string, n int) graph {
	switch name {
	case "wide":
		return make(graph, n)
	case "chain":
		return chain(n)
	case "layered":
		return layered(n)
	case "diamonds":
		return diamonds(n)
	}
	return nil
}

func chain(n int) graph {
	g := make(graph, n)
	for i := 1; i < n; i++ {
		g[i] = []int{i - 1}
	}
	return g
}

// layered has layers of 50 tasks, 100 from 10,000 tasks on, each with three needs in the layer before.
func layered(n int) graph {
	width := 50
	if n >= 10_000 {
		width = 100
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	g := make(graph, n)
	for i := width; i < n; i++ {
		from := (i/width - 1) * width
		for _, k := range rnd.Perm(width)[:3] {
			g[i] = append(g[i], from+k)
		}
	}
	return g
}

// diamonds are forks of eight branches that join, one behind the other.
func diamonds(n int) graph {
	const branches = 8
	g := graph{nil}
	for len(g) < n {
		fork := len(g) - 1
		var joined []int
		for range min(branches, n-len(g)-1) {
			g = append(g, []int{fork})
			joined = append(joined, len(g)-1)
		}
		if len(joined) == 0 {
			joined = []int{fork}
		}
		g = append(g, joined)
	}
	return g
}

func names(needs []int, sep string) string {
	out := make([]string, len(needs))
	for i, n := range needs {
		out[i] = fmt.Sprintf("t%d", n)
	}
	return strings.Join(out, sep)
}
