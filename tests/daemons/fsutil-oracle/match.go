package main

import (
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
)

// match answers twice for each path. "matches" is MatchesOrParentMatches, the meaning that Docker
// documents. "walked" is MatchesUsingParentResults called for each parent from the top, which is
// what fsutil's walk relies on. They may differ where an exception re-includes a parent.
func match(patterns, paths []string) (any, error) {
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	matches, walked := make([]bool, len(paths)), make([]bool, len(paths))
	for i, path := range paths {
		if matches[i], err = matcher.MatchesOrParentMatches(path); err != nil {
			return nil, err
		}
		var info patternmatcher.MatchInfo
		parts := strings.Split(path, string(filepath.Separator))
		for depth := range parts {
			prefix := strings.Join(parts[:depth+1], string(filepath.Separator))
			if walked[i], info, err = matcher.MatchesUsingParentResults(prefix, info); err != nil {
				return nil, err
			}
		}
	}
	return map[string]any{"matches": matches, "walked": walked}, nil
}
