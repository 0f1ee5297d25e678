// SPDX-License-Identifier: Apache-2.0

// Does with a repository what a client of go-git does: lists, clones, clones a part, pushes. Prints what came of it as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

type clone struct {
	Head    string   `json:"head"`
	Commits int      `json:"commits"`
	Files   []string `json:"files"`
}

type seen struct {
	References map[string]string `json:"references"`
	Whole      clone             `json:"whole"`
	Shallow    clone             `json:"shallow"`
	Tag        clone             `json:"tag"`
	// What the host said against a push; empty where it took it.
	Push string `json:"push"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	url, authority, folder := os.Args[1], must(os.ReadFile(os.Args[2])), os.Args[3]
	result := seen{References: map[string]string{}}
	remote := git.NewRemote(memory.NewStorage(), &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	for _, reference := range must(remote.List(&git.ListOptions{CABundle: authority})) {
		if reference.Type() == plumbing.HashReference {
			result.References[reference.Name().String()] = reference.Hash().String()
		}
	}
	open := func(name string, options *git.CloneOptions) (*git.Repository, clone) {
		options.URL, options.CABundle = url, authority
		place := filepath.Join(folder, name)
		repository := must(git.PlainClone(place, false, options))
		head := must(repository.Head())
		found := clone{Head: head.Hash().String()}
		commits := must(repository.Log(&git.LogOptions{From: head.Hash()}))
		for {
			if _, err := commits.Next(); err != nil {
				break
			}
			found.Commits++
		}
		for _, entry := range must(os.ReadDir(place)) {
			if entry.Name() != ".git" {
				found.Files = append(found.Files, entry.Name())
			}
		}
		sort.Strings(found.Files)
		return repository, found
	}
	var whole *git.Repository
	whole, result.Whole = open("whole", &git.CloneOptions{})
	_, result.Shallow = open("shallow", &git.CloneOptions{Depth: 1, SingleBranch: true, ReferenceName: "refs/heads/side"})
	_, result.Tag = open("tag", &git.CloneOptions{ReferenceName: "refs/tags/v1"})
	tree := must(whole.Worktree())
	author := &object.Signature{Name: "a", Email: "a@localhost", When: time.Unix(0, 0)}
	must(tree.Commit("pushed", &git.CommitOptions{AllowEmptyCommits: true, Author: author}))
	err := whole.Push(&git.PushOptions{CABundle: authority, RefSpecs: []config.RefSpec{"refs/heads/main:refs/heads/pushed"}})
	if err != nil {
		result.Push = err.Error()
	}
	must(0, json.NewEncoder(os.Stdout).Encode(result))
}
