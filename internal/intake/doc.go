// Package intake works out what somebody asks for before anything is run: what kind of work an objective is, how much
// care it needs, what is unclear about it, and who should do it. It is phase 0 and 1 of the gem-orchestrator document.
//
// Everything in it is a rule in a table, and every verdict carries the rules it came from. The package knows no files,
// no configuration and no agents: what it must know of the project is in Input. Where its rules cannot tell, an
// Assessment says so (Certain is false) and may be completed by one Opinion of an agent. Start with Assess.
package intake
