package shell

import "strings"

// plainWords splits a command into words where that needs no shell: plain words and quotes without anything
// in them that a shell would replace, and a first word that is a program and not part of the shell. ok is
// false in every case of doubt, which costs only the shell.
func plainWords(command string) (words []string, ok bool) {
	command = strings.Trim(command, " \t\n")
	if command == "" {
		return nil, false
	}
	words = make([]string, 0, 1+strings.Count(command, " "))
	for command != "" {
		var word string
		if word, command, ok = plainWord(command, len(words) == 0); !ok {
			return nil, false
		}
		words = append(words, word)
		command = strings.TrimLeft(command, " \t")
	}
	if words[0] == "" || isShellWord(words[0]) {
		return nil, false
	}
	return words, true
}

// plainWord takes the first word off a command that does not begin with a space.
func plainWord(command string, first bool) (word, rest string, ok bool) {
	start := 0 // of what has not been copied into word
	i := 0
	for ; i < len(command); i++ {
		c := command[i]
		switch {
		case c == ' ' || c == '\t':
			return word + command[start:i], command[i:], true
		case c == '\'' || c == '"':
			end := strings.IndexByte(command[i+1:], c)
			if end < 0 {
				return "", "", false
			}
			text := command[i+1 : i+1+end]
			if strings.ContainsAny(text, "\n\x00") || c == '"' && strings.ContainsAny(text, "$`\\") {
				return "", "", false
			}
			word += command[start:i] + text
			i += 1 + end
			start = i + 1
		case c == '=' && !first: // in the first word it would be an assignment
		case !isPlain(c):
			return "", "", false
		}
	}
	return word + command[start:], "", true
}

// isPlain tells whether a byte stands for itself wherever it is in a word.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80 ||
		strings.IndexByte("_-./:,+@%", c) >= 0
}

// isShellWord tells whether a name means something to a shell. Names that are builtins as well as programs
// are here when the two differ anywhere: echo and printf in their escapes, test and kill in their
// arguments. true and false are not.
func isShellWord(name string) bool {
	switch name {
	case ".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "chdir", "command", "compgen",
		"complete", "compopt", "continue", "coproc", "declare", "dirs", "disown", "do", "done", "echo", "elif", "else",
		"enable", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts", "hash",
		"help", "history", "if", "in", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf", "pushd",
		"pwd", "read", "readarray", "readonly", "return", "select", "set", "shift", "shopt", "source", "suspend",
		"test", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until",
		"wait", "while":
		return true
	}
	return false
}
