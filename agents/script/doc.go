// Package script is an agent that does as a file says: for tests, demos and simulations. It runs nothing, and
// the same file always gives the same.
//
// The file is YAML:
//
//	approvals: grant              # grant | deny | ask; ask (a person decides) is the default
//	tasks:
//	  build:                      # a task's id
//	    - delay: 2s               # its first attempt: works for 2 s, then fails
//	      notes: [compiling]
//	      fail: transient         # one of the ten kinds of failure
//	      message: the network is down
//	    - outputs: {image: app:1} # its second: completed at once, with an output
//	  lint: {exit: 2, output: "lint.go:3: unused"}
//	  deploy:
//	    question: {text: Which region?, options: [eu, us]}
//	    approve: deny             # when approval is asked for this task
//	  build/diagnose:             # a step of a task that is not its plain work: diagnose, fix, lint, verify, replan
//	    report: {status: completed, root_cause: a typo}
//	  "*": {delay: 1s}            # every task that is not named, whoever does it
//	agents:
//	  gem-reviewer: {times: 2, fail: fixable}   # by agent: fails twice, then nothing is said: completed
//
// What is done for an assignment is looked up under tasks by id (or id/step), then under agents, then under
// "*"; where nothing is said, it is completed at once. A list is one entry per attempt; an entry with times
// stands for so many attempts. After the last entry the last is used again, unless it has times: then the
// work is completed. An attempt that only asked is not counted. One that ends with needs_approval is: what is
// done once it is approved is the next entry.
//
//	delay     how long the work takes; none by default
//	notes     what is told before that, in order
//	log       text that is written to stdout.log in the attempt's folder
//	report    the report, with the fields any agent's may have; it is kept as report.json in the attempt's folder
//	fail      fails with this kind; message says why
//	exit      fails as a program with this exit status would; 0 is success
//	signal    fails as a program that was ended by this signal
//	timeout   fails as work that passed this deadline: first_output, idle or total
//	output    what was printed last, for the rules that look for patterns in it
//	message   one line about the failure
//	question  is asked first; the work goes on when it is answered: text, type (choice, yes_no, number, text), options,
//	          recommended, context, risk, requested_decision
//	approve   grant | deny: what is answered when this task asks for approval
//	outputs   the task's outputs
//	usage     {input_tokens, output_tokens, usd}
//	times     for how many attempts the entry holds; 1 in a list that goes on
//
// The package knows no run and no store. Start with Parse.
package script
