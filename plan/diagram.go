package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Diagram is a plan as a picture: what `billow graph` shows, and as JSON what it gives to programs.
type Diagram struct {
	Plan      string `json:"plan"`
	Objective string `json:"objective,omitempty"`
	// Waves are the numbers of the waves, ascending; none in a plan without waves.
	Waves []int         `json:"waves,omitempty"`
	Tasks []DiagramTask `json:"tasks"`
	Edges []DiagramEdge `json:"edges"`
	// Conflicts are the pairs of conflicts_with, each once.
	Conflicts []DiagramEdge `json:"conflicts,omitempty"`
	// CriticalPath is the longest way through the plan, LengthSeconds how long it takes; 0 where nothing
	// is known of any task.
	CriticalPath  []string `json:"critical_path"`
	LengthSeconds float64  `json:"length_seconds,omitempty"`
	// Cycles are circles of tasks that need each other; a plan that runs has none.
	Cycles [][]string `json:"cycles,omitempty"`
}

// DiagramTask is one task of a Diagram. They are in the order of Schedule.Topo.
type DiagramTask struct {
	ID       string `json:"id"`
	Title    string `json:"title,omitempty"`
	Wave     int    `json:"wave,omitempty"`
	Level    int    `json:"level"`
	Status   string `json:"status"`
	Agent    string `json:"agent,omitempty"`
	Critical bool   `json:"critical,omitempty"`
}

// DiagramEdge goes from a task to one that needs it.
type DiagramEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// DiagramOptions says what a Diagram shows. The zero value shows the plan as it is in the file.
type DiagramOptions struct {
	// Reduced leaves out edges that follow from others.
	Reduced bool
	// Statuses, by id, take the place of those in the file: the states of a run.
	Statuses map[string]string
	// Durations are what was learnt of the tasks, by id, for the critical path.
	Durations map[string]time.Duration
}

// Diagram makes the picture of a plan.
func (p *Plan) Diagram(opts DiagramOptions) *Diagram {
	s := Order(p)
	path := s.CriticalPath(s.Weights(opts.Durations))
	d := &Diagram{
		Plan: p.ID, Objective: p.Objective, Waves: s.WaveNumbers, Tasks: []DiagramTask{}, Edges: []DiagramEdge{},
		CriticalPath: []string{}, LengthSeconds: path.Length.Seconds(), Cycles: p.Cycles(),
	}
	critical := map[int]bool{}
	for _, t := range path.Tasks {
		critical[t] = true
		d.CriticalPath = append(d.CriticalPath, p.Tasks[t].ID)
	}
	edges := s.Needs
	if opts.Reduced {
		edges = s.Reduced()
	}
	for _, i := range s.Topo {
		t := p.Tasks[i]
		status := string(t.Status)
		if now, ok := opts.Statuses[t.ID]; ok {
			status = now
		}
		d.Tasks = append(d.Tasks, DiagramTask{
			ID: t.ID, Title: t.Title, Wave: s.Wave[i], Level: s.Level[i], Status: status, Agent: t.Agent, Critical: critical[i],
		})
		for _, need := range edges[i] {
			d.Edges = append(d.Edges, DiagramEdge{p.Tasks[need].ID, t.ID})
		}
	}
	said := map[[2]int]bool{}
	for i, t := range p.Tasks {
		for _, id := range t.Conflicts {
			j, ok := p.index[id]
			pair := [2]int{min(i, j), max(i, j)}
			if ok && i != j && !said[pair] {
				said[pair] = true
				d.Conflicts = append(d.Conflicts, DiagramEdge{t.ID, id})
			}
		}
	}
	return d
}

// statusColour is the fill of a task, for DOT and Mermaid; white for a status not listed.
func statusColour(status string) string {
	switch status {
	case "in_progress", "running":
		return "#fff3bf"
	case "blocked":
		return "#ffd8a8"
	case "completed", "done":
		return "#d3f9d8"
	case "skipped":
		return "#e9ecef"
	case "failed":
		return "#ffc9c9"
	case "cancelled":
		return "#dee2e6"
	}
	return "#ffffff"
}

// DOT gives the picture for Graphviz: waves are clusters, the critical path is thick, conflicts are dashed.
func (d *Diagram) DOT() string {
	var b strings.Builder
	quote := dotQuoter()
	fmt.Fprintf(&b, "digraph %s {\n", quote(d.Plan))
	b.WriteString("  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n")
	d.eachWave(func(wave int, named bool, tasks []DiagramTask) {
		indent := "  "
		if named {
			fmt.Fprintf(&b, "  subgraph \"cluster_wave_%d\" {\n    label=\"wave %d\";\n", wave, wave)
			indent = "    "
		}
		for _, t := range tasks {
			label := oneLine(t.ID)
			if t.Title != "" {
				label += "\n" + oneLine(t.Title)
			}
			fmt.Fprintf(&b, "%s%s [label=%s, fillcolor=\"%s\", class=%s", indent, quote(t.ID), quote(label), statusColour(t.Status), quote(t.Status))
			if t.Critical {
				b.WriteString(", penwidth=2")
			}
			b.WriteString("];\n")
		}
		if named {
			b.WriteString("  }\n")
		}
	})
	thick := d.criticalEdges()
	for _, e := range d.Edges {
		fmt.Fprintf(&b, "  %s -> %s", quote(e.From), quote(e.To))
		if thick[e] {
			b.WriteString(" [penwidth=2]")
		}
		b.WriteString(";\n")
	}
	for _, e := range d.Conflicts {
		fmt.Fprintf(&b, "  %s -> %s [dir=none, style=dashed, constraint=false, class=\"conflict\"];\n", quote(e.From), quote(e.To))
	}
	b.WriteString("}\n")
	return b.String()
}

// Mermaid gives the picture for Mermaid, as Markdown pages show it. Its nodes are t0, t1 ... in the order of
// Tasks, because ids of tasks can be words of its language.
func (d *Diagram) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	node := make(map[string]string, len(d.Tasks))
	for i, t := range d.Tasks {
		if _, twice := node[t.ID]; !twice {
			node[t.ID] = "t" + strconv.Itoa(i)
		}
	}
	var statuses []string
	d.eachWave(func(wave int, named bool, tasks []DiagramTask) {
		indent := "  "
		if named {
			fmt.Fprintf(&b, "  subgraph w%d[\"wave %d\"]\n", wave, wave)
			indent = "    "
		}
		for _, t := range tasks {
			label := mermaidText(oneLine(t.ID))
			if t.Title != "" {
				label += "<br/>" + mermaidText(oneLine(t.Title))
			}
			fmt.Fprintf(&b, "%s%s[\"%s\"]:::%s\n", indent, node[t.ID], label, mermaidClass(t.Status))
			if !slices.Contains(statuses, t.Status) {
				statuses = append(statuses, t.Status)
			}
		}
		if named {
			b.WriteString("  end\n")
		}
	})
	thick := d.criticalEdges()
	for _, e := range d.Edges {
		arrow := "-->"
		if thick[e] {
			arrow = "==>"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", node[e.From], arrow, node[e.To])
	}
	for _, e := range d.Conflicts {
		fmt.Fprintf(&b, "  %s -.- %s\n", node[e.From], node[e.To])
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:#495057,color:#212529\n", mermaidClass(status), statusColour(status))
	}
	return b.String()
}

// Text gives the plan as lines for a terminal: tasks by wave, or by level in a plan without waves, each
// with what it needs; * marks the critical path.
func (d *Diagram) Text() string {
	var b strings.Builder
	b.WriteString(oneLine(d.Plan))
	if d.Objective != "" {
		b.WriteString(": " + oneLine(d.Objective))
	}
	b.WriteString("\n")
	shown := make(map[string]string, len(d.Tasks))
	for _, t := range d.Tasks {
		shown[t.ID] = oneLine(t.ID)
	}
	needs := map[string][]string{}
	for _, e := range d.Edges {
		needs[e.To] = append(needs[e.To], shown[e.From])
	}
	statusWidth, idWidth := 0, 0
	for _, t := range d.Tasks {
		statusWidth = max(statusWidth, len(t.Status))
		idWidth = max(idWidth, min(utf8.RuneCountInString(oneLine(t.ID)), 40))
	}
	group := func(name string, tasks []DiagramTask) {
		fmt.Fprintf(&b, "\n%s\n", name)
		for _, t := range tasks {
			mark := " "
			if t.Critical {
				mark = "*"
			}
			line := fmt.Sprintf(" %s %-*s  %-*s", mark, statusWidth, t.Status, idWidth, oneLine(t.ID))
			if t.Title != "" {
				line += "  " + oneLine(t.Title)
			}
			if list := needs[t.ID]; len(list) > 0 {
				line += "  (needs " + strings.Join(list, ", ") + ")"
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	if len(d.Waves) > 0 {
		d.eachWave(func(wave int, _ bool, tasks []DiagramTask) { group("wave "+strconv.Itoa(wave), tasks) })
	} else {
		byLevel := map[int][]DiagramTask{}
		deepest := 0
		for _, t := range d.Tasks {
			byLevel[t.Level] = append(byLevel[t.Level], t)
			deepest = max(deepest, t.Level)
		}
		for level := 1; level <= deepest; level++ {
			group("level "+strconv.Itoa(level), byLevel[level])
		}
	}
	for i, e := range d.Conflicts {
		if i == 0 {
			b.WriteString("\nnever at the same time\n")
		}
		fmt.Fprintf(&b, "   %s, %s\n", oneLine(e.From), oneLine(e.To))
	}
	for _, cycle := range d.Cycles {
		fmt.Fprintf(&b, "\ncircle: %s -> %s\n", oneLine(strings.Join(cycle, " -> ")), oneLine(cycle[0]))
	}
	if len(d.CriticalPath) > 0 {
		fmt.Fprintf(&b, "\ncritical path: %s", plural(len(d.CriticalPath), "task"))
		if d.LengthSeconds > 0 {
			fmt.Fprintf(&b, ", %s", time.Duration(d.LengthSeconds*float64(time.Second)).Round(time.Second/10))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// eachWave calls show for every wave with its tasks; once, without a name, in a plan without waves.
func (d *Diagram) eachWave(show func(wave int, named bool, tasks []DiagramTask)) {
	if len(d.Waves) == 0 {
		show(0, false, d.Tasks)
		return
	}
	byWave := map[int][]DiagramTask{}
	for _, t := range d.Tasks {
		byWave[t.Wave] = append(byWave[t.Wave], t)
	}
	for _, wave := range d.Waves {
		show(wave, true, byWave[wave])
	}
}

func (d *Diagram) criticalEdges() map[DiagramEdge]bool {
	edges := map[DiagramEdge]bool{}
	for i := 1; i < len(d.CriticalPath); i++ {
		edges[DiagramEdge{d.CriticalPath[i-1], d.CriticalPath[i]}] = true
	}
	return edges
}

// oneLine makes a text of the plan fit to print: no line ends, no control characters that a terminal would
// obey, no blanks in a row.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// dotQuoter returns a function that writes a text as a string of DOT. It remembers what it has written: an id
// stands at each of its edges.
func dotQuoter() func(string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	known := map[string]string{}
	return func(text string) string {
		quoted, ok := known[text]
		if !ok {
			clean := strings.Map(func(r rune) rune {
				if r != '\n' && unicode.IsControl(r) {
					return ' '
				}
				return r
			}, text)
			quoted = `"` + escape.Replace(clean) + `"`
			known[text] = quoted
		}
		return quoted
	}
}

// mermaidText writes what Mermaid would read as markup by its own codes.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;").Replace(text)
}

// mermaidClass is a status as the name of a class.
func mermaidClass(status string) string {
	if status == "" {
		return "none"
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, status)
}
