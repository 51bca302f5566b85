//go:build !linux

package kv

import (
	"errors"
	"os"
)

func newDirectWriter(*os.File) (recordWriter, error) { return nil, errors.ErrUnsupported }
