package crm_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestStatus(t *testing.T) {
	for stored, name := range []string{"Active", "Inactive", "Suspended"} {
		t.Run(name+" keeps its name and its stored value", func(t *testing.T) {
			status, err := crm.ParseStatus(name)
			require.NoError(t, err)
			assert.EqualValues(t, stored, status)
			assert.Equal(t, name, status.String())
		})
	}
	for _, s := range []string{"", "active", "ACTIVE", " Active", "Deleted", "0"} {
		t.Run("no status is "+s, func(t *testing.T) {
			_, err := crm.ParseStatus(s)
			assert.EqualError(t, err, "must be one of Active, Inactive, Suspended")
		})
	}
	t.Run("only active customers may order and complain", func(t *testing.T) {
		for status := range crm.Status(crm.NumStatuses) {
			assert.Equal(t, status == crm.Active, status.CanPlaceOrders())
			assert.Equal(t, status == crm.Active, status.CanCreateComplaints())
		}
	})
	t.Run("a value that is no status says so", func(t *testing.T) {
		assert.Equal(t, "unknown", crm.Status(crm.NumStatuses).String())
	})
}

func TestType(t *testing.T) {
	for stored, name := range []string{"Regular", "Premium", "VIP"} {
		t.Run(name+" keeps its name and its stored value", func(t *testing.T) {
			tier, err := crm.ParseType(name)
			require.NoError(t, err)
			assert.EqualValues(t, stored, tier)
			assert.Equal(t, name, tier.String())
		})
	}
	for _, s := range []string{"", "regular", "Vip", "Gold", "1"} {
		t.Run("no type is "+s, func(t *testing.T) {
			_, err := crm.ParseType(s)
			assert.EqualError(t, err, "must be one of Regular, Premium, VIP")
		})
	}
	t.Run("a value that is no type says so", func(t *testing.T) {
		assert.Equal(t, "unknown", crm.Type(crm.NumTypes).String())
	})
}

func TestNumberedNames(t *testing.T) {
	names := map[uint32]string{
		1: "001", 12: "012", 123: "123", 999: "999", 1000: "1000", 12345: "12345", math.MaxUint32: "4294967295",
	}
	for number, want := range names {
		t.Run("number "+want, func(t *testing.T) {
			assert.Equal(t, "note-"+want, crm.Note{Number: number}.ID())
			assert.Equal(t, "entry-"+want, crm.Entry{Number: number}.ID())
		})
	}
}

func TestEmailKey(t *testing.T) {
	t.Run("emails that differ in case have one key", func(t *testing.T) {
		assert.Equal(t, crm.EmailKey("john.doe@example.com"), crm.EmailKey("John.Doe@EXAMPLE.com"))
		assert.Equal(t, crm.EmailKey("jürgen@example.com"), crm.EmailKey("JÜRGEN@example.com"))
	})
	t.Run("other emails have another key", func(t *testing.T) {
		assert.NotEqual(t, crm.EmailKey("john.doe@example.com"), crm.EmailKey("johndoe@example.com"))
	})
}

func TestCustomerContact(t *testing.T) {
	t.Run("is what a customer is found by", func(t *testing.T) {
		id, err := crm.ParseID("6979a1b1a6db796b4a1447e9")
		require.NoError(t, err)
		c := crm.Customer{ID: id, UserID: "u-1", FullName: "John Doe", Email: "john.doe@example.com", ContactNumber: "+919876543210"}
		assert.Equal(t, crm.Contact{ID: id, FullName: "John Doe", Email: "john.doe@example.com", ContactNumber: "+919876543210"}, c.Contact())
	})
}
