package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"modernc.org/libc"
	c "modernc.org/sqlite/lib"

	"chartline/internal/store/sqlstore"
)

// This file speaks to SQLite's C interface (modernc.org/sqlite/lib, the C
// transpiled to Go) and not through the driver for database/sql, which on every
// query allocates each column's name and type and takes a lock for each value:
// more than the query itself costs. Here a connection belongs to one goroutine
// at a time and has no lock, and nothing is read but values.

// Error is a result code of SQLite with its message, which names tables and
// columns and never values.
type Error struct {
	Code    int // extended
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.Message, e.Code) }

// conn implements sqlstore.Conn.
type conn struct {
	tls     *libc.TLS
	db      uintptr // sqlite3*
	scratch uintptr // where the text and bytes of a statement's arguments are
	size    int
}

// memory is the n bytes at p. SQLite's memory is not Go's: it neither moves nor
// goes away before SQLite frees it.
func memory(p uintptr, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n) // #nosec G103 -- p is SQLite's, n its length
}

// connect opens the file at path and sets it up.
func connect(path string, setup []string) (_ *conn, err error) {
	k := &conn{tls: libc.NewTLS()}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.Close())
		}
	}()
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(k.tls, name)
	out := k.tls.Alloc(16)
	defer k.tls.Free(16)
	rc := c.Xsqlite3_open_v2(k.tls, name, out, c.SQLITE_OPEN_READWRITE|c.SQLITE_OPEN_NOMUTEX, 0)
	k.db = pointerAt(out)
	if rc != c.SQLITE_OK {
		return nil, k.fail(rc)
	}
	c.Xsqlite3_extended_result_codes(k.tls, k.db, 1)
	// A plan depends on a statement alone. Otherwise some parameters, such as a
	// LIMIT, have the statement planned again whenever they change.
	if rc := c.Xsqlite3_db_config(k.tls, k.db, c.SQLITE_DBCONFIG_ENABLE_QPSG, libc.VaList(out, int32(1), uintptr(0))); rc != c.SQLITE_OK {
		return nil, k.fail(rc)
	}
	for _, sql := range setup {
		if err := k.run(sql); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// pointerAt reads the pointer that SQLite wrote at p.
func pointerAt(p uintptr) uintptr {
	return **(**uintptr)(unsafe.Pointer(&p)) // #nosec G103 -- p is SQLite's
}

// run runs one statement for its effect.
func (k *conn) run(sql string) error {
	s, err := k.Prepare(sql)
	if err != nil {
		return err
	}
	_, err = s.Exec(nil)
	return errors.Join(err, s.Close())
}

func (k *conn) fail(rc int32) error {
	message := libc.GoString(c.Xsqlite3_errstr(k.tls, rc))
	if k.db != 0 && c.Xsqlite3_extended_errcode(k.tls, k.db) == rc {
		message = libc.GoString(c.Xsqlite3_errmsg(k.tls, k.db))
	}
	return &Error{Code: int(rc), Message: message}
}

// Close implements sqlstore.Conn.
func (k *conn) Close() error {
	if k.tls == nil {
		return nil
	}
	c.Xsqlite3_free(k.tls, k.scratch)
	rc := c.Xsqlite3_close_v2(k.tls, k.db)
	k.tls.Close()
	k.tls, k.db = nil, 0
	if rc != c.SQLITE_OK {
		return &Error{Code: int(rc), Message: "close"}
	}
	return nil
}

// Prepare implements sqlstore.Conn.
func (k *conn) Prepare(sql string) (sqlstore.Stmt, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(k.tls, text)
	out := k.tls.Alloc(8)
	defer k.tls.Free(8)
	if rc := c.Xsqlite3_prepare_v3(k.tls, k.db, text, -1, c.SQLITE_PREPARE_PERSISTENT, out, 0); rc != c.SQLITE_OK {
		return nil, k.fail(rc)
	}
	s := &stmt{conn: k, stmt: pointerAt(out)}
	// SQLite counts parameters as they come; $7 is the seventh argument.
	for i := range c.Xsqlite3_bind_parameter_count(k.tls, s.stmt) {
		name := libc.GoString(c.Xsqlite3_bind_parameter_name(k.tls, s.stmt, i+1))
		n, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || n < 1 {
			return nil, errors.Join(fmt.Errorf("sqlite: parameter %q", name), s.Close())
		}
		s.order = append(s.order, n-1)
	}
	return s, nil
}

// reserve makes room for n bytes of arguments.
func (k *conn) reserve(n int) error {
	if n <= k.size {
		return nil
	}
	n = max(2*k.size, n, 1024)
	c.Xsqlite3_free(k.tls, k.scratch)
	k.scratch, k.size = c.Xsqlite3_malloc64(k.tls, c.Tsqlite3_uint64(n)), n
	if k.scratch == 0 {
		k.size = 0
		return &Error{Code: c.SQLITE_NOMEM, Message: "out of memory"}
	}
	return nil
}
