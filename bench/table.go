package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func wall(s sample) time.Duration { return s.wall }
func cpu(s sample) time.Duration  { return s.cpu }

func median[T int64 | time.Duration](samples []sample, of func(sample) T) T {
	values := make([]T, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// table writes what was measured of one job: rows[0] is the floor, rows[1] billow.
func table(b *strings.Builder, j job, rows []row) {
	fmt.Fprintf(b, "\n## %s, %d tasks, `%s`\n\n| tool | wall | per task | × floor | billow is | CPU over floor per task | memory | nothing to do |\n"+
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", j.shape, j.n, j.cmd)
	floor, floorCPU, ours := median(rows[0].samples, wall), median(rows[0].samples, cpu), median(rows[1].samples, wall)
	for _, r := range rows {
		w := median(r.samples, wall)
		noop := ""
		if len(r.noop) > 0 {
			noop = median(r.noop, wall).Round(time.Millisecond).String()
		}
		fmt.Fprintf(b, "| %s | %v | %v | %.2f | %.2f × | %v | %d MB | %s |\n", r.name, w.Round(time.Millisecond),
			(w / time.Duration(j.n)).Round(time.Microsecond), float64(w)/float64(floor), float64(ours)/float64(w),
			((median(r.samples, cpu) - floorCPU) / time.Duration(j.n)).Round(time.Microsecond),
			median(r.samples, func(s sample) int64 { return s.rss })/1024, noop)
	}
}

// flatness writes what a further task costs, between one size of the layered graph and the next: what starting
// costs is in both and falls out. The floor stands beside it, because half an hour lies between the sizes.
func flatness(b *strings.Builder, took, floor map[job]time.Duration) {
	b.WriteString("\n## What a further task costs\n\n| from | to | per task | floor | × floor |\n| ---: | ---: | ---: | ---: | ---: |\n")
	from := job{"layered", 1_000, "true"}
	for _, n := range []int{10_000, 100_000} {
		to := job{"layered", n, "true"}
		each := func(of map[job]time.Duration) time.Duration { return (of[to] - of[from]) / time.Duration(to.n-from.n) }
		fmt.Fprintf(b, "| %d | %d | %v | %v | %.2f |\n", from.n, to.n, each(took).Round(time.Microsecond),
			each(floor).Round(time.Microsecond), float64(each(took))/float64(each(floor)))
		from = to
	}
}
