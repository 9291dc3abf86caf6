package plan

import (
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// limitError is a limit that a file goes over, useError is YAML that a plan cannot use.
type limitError struct {
	offset int
	text   string
}

func (e *limitError) Error() string { return e.text }

type useError struct {
	offset     int
	text, hint string
}

func (e *useError) Error() string { return e.text }

// tokenize runs goccy's scanner and holds what it yields to the limits. It has to come before goccy's
// parser, whose memory grows with the square of the depth (60 KB of `[` take 1.5 GB) and which calls
// itself once for each key of a mapping.
func tokenize(text string, lim Limits) (token.Tokens, error) {
	var s scanner.Scanner
	s.Init(text)
	var tokens token.Tokens
	g := guard{lim: lim}
	for {
		some, err := s.Scan()
		if errors.Is(err, io.EOF) {
			return tokens, nil
		}
		for _, tk := range some {
			tokens.Add(tk)
			if err := g.check(tk); err != nil {
				return nil, err
			}
			if tk.Type == token.InvalidType {
				// The parser reports it; what follows is of no use.
				return tokens, nil
			}
		}
	}
}

// guard follows how deep the tokens stand in each other.
type guard struct {
	lim Limits
	// flow holds the number of keys in each open bracket, blocks are the open block collections.
	flow    []int
	blocks  []openBlock
	tokens  int
	anchors int
	// properties is the number of tags and anchors in a row.
	properties int
}

// openBlock is a list or a mapping in block style, known by its column.
type openBlock struct {
	column int
	list   bool
	keys   int
}

func (g *guard) check(tk *token.Token) error {
	if g.tokens++; g.tokens > g.lim.MaxTokens {
		return g.over(tk, fmt.Sprintf("the file has more than %d tokens and needs the slow way of reading", g.lim.MaxTokens))
	}
	properties := 0
	switch tk.Type {
	case token.TagType, token.AnchorType:
		properties = g.properties + 1
		if properties > 4 {
			return g.over(tk, "more tags and anchors stand before one value than it can have")
		}
		if tk.Type == token.AnchorType {
			g.anchors++
		}
	case token.AliasType:
		g.anchors++
	case token.MappingStartType, token.SequenceStartType:
		g.flow = append(g.flow, 0)
	case token.MappingEndType, token.SequenceEndType:
		g.flow = g.flow[:max(len(g.flow)-1, 0)]
	case token.SequenceEntryType:
		g.block(tk.Position.Column, true)
	case token.MappingKeyType:
		g.block(tk.Position.Column, false)
	case token.MappingValueType:
		key := tk.Prev
		if key == nil || key.Position.Line != tk.Position.Line {
			key = tk
		}
		if g.block(key.Position.Column, false) > g.lim.MaxKeys {
			return g.over(tk, fmt.Sprintf("a mapping has more than %d keys", g.lim.MaxKeys))
		}
	case token.DocumentHeaderType, token.DocumentEndType:
		g.blocks, g.flow = g.blocks[:0], g.flow[:0]
	}
	if g.properties > 0 && (tk.Prev.Type == token.AnchorType) {
		// The name behind an `&` is a token of its own.
		properties = g.properties
	}
	g.properties = properties
	if g.anchors > g.lim.MaxAnchors {
		return g.over(tk, fmt.Sprintf("the file has more than %d anchors and aliases", g.lim.MaxAnchors))
	}
	if len(g.flow)+len(g.blocks) > g.lim.MaxDepth {
		return g.over(tk, fmt.Sprintf("lists and mappings stand more than %d deep in each other", g.lim.MaxDepth))
	}
	return nil
}

// block notes an entry of a block collection at a column and returns how many it has.
func (g *guard) block(column int, list bool) int {
	if n := len(g.flow); n > 0 {
		if !list {
			g.flow[n-1]++
		}
		return g.flow[n-1]
	}
	for n := len(g.blocks); n > 0; n-- {
		top := &g.blocks[n-1]
		if top.column == column && top.list == list {
			top.keys++
			if list {
				return 0
			}
			return top.keys
		}
		// A list may stand in the column of the key that it belongs to.
		if top.column < column || top.column == column && list {
			break
		}
		g.blocks = g.blocks[:n-1]
	}
	g.blocks = append(g.blocks, openBlock{column: column, list: list, keys: 1})
	return 1
}

func (g *guard) over(tk *token.Token, text string) error {
	return &guardError{line: tk.Position.Line, column: tk.Position.Column, text: text}
}

// guardError is a limit that the tokens go over; its place is goccy's.
type guardError struct {
	line, column int
	text         string
}

func (e *guardError) Error() string { return e.text }
