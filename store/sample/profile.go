package sample

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"

	"crms/store/crm"
)

// status and tier follow the shares of the contract's analytics example.

func status(r *rand.Rand) crm.Status {
	switch n := r.IntN(100); {
	case n < 92:
		return crm.Active
	case n < 99:
		return crm.Inactive
	default:
		return crm.Suspended
	}
}

func tier(r *rand.Rand) crm.Type {
	switch n := r.IntN(100); {
	case n < 86:
		return crm.Regular
	case n < 98:
		return crm.Premium
	default:
		return crm.VIP
	}
}

var (
	tierTags = [crm.NumTypes][]string{crm.Premium: {"premium"}, crm.VIP: {"vip", "vip-support"}}
	habits   = []string{
		"b2b", "early-adopter", "express-shipping", "frequent-buyer", "gift-buyer", "invoice", "local-pickup",
		"loyal-customer", "newsletter", "reviewer", "seasonal", "student", "subscription", "wholesale",
	}
)

// tags are those of the tier and up to three habits.
func tags(r *rand.Rand, t crm.Type) []string {
	all := append([]string{}, tierTags[t]...) // never nil
	for range max(0, r.IntN(6)-2) {
		if tag := pick(r, habits); !slices.Contains(all, tag) {
			all = append(all, tag)
		}
	}
	return all
}

// preferences are a compact JSON object.
func preferences(r *rand.Rand, language string) []byte {
	if chance(r, 12) {
		return []byte("{}")
	}
	b := strconv.AppendBool([]byte(`{"newsletter":`), chance(r, 60))
	b = strconv.AppendBool(append(b, `,"smsNotifications":`...), chance(r, 35))
	if chance(r, 70) {
		b = strconv.AppendQuote(append(b, `,"language":`...), language)
	}
	if chance(r, 20) {
		b = strconv.AppendQuote(append(b, `,"delivery":{"slot":`...), pick(r, []string{"morning", "afternoon", "evening"}))
		b = append(strconv.AppendBool(append(b, `,"leaveAtDoor":`...), chance(r, 50)), '}')
	}
	if chance(r, 10) {
		b = strconv.AppendQuote(append(b, `,"favouriteCategories":[`...), pick(r, []string{"books", "garden", "kitchen"}))
		b = append(strconv.AppendQuote(append(b, ','), pick(r, []string{"music", "sports", "tools"})), ']')
	}
	return append(b, '}')
}

var (
	admins = []crm.Actor{"admin@example.com", "meera.pillai@example.com", "support@example.com", "tomasz.zielinski@example.com"}

	remarks = []string{
		"Preferred customer, always pays on time",
		"Customer requested expedited shipping for all future orders",
		"Asked for one invoice a month instead of one per order",
		"Called about a late parcel; it was at the neighbour's",
		"Prefers to be called in the afternoon",
		"Wants deliveries left with the reception, second entrance",
		"Returned two orders unused, both refunded in full",
		"Interested in the wholesale price list, sent on request",
		"Writes very helpful product reviews",
		"Moved recently: the old address must not be used any more",
		"Complained politely about packaging; forwarded to the warehouse",
		"Orders for a school, purchase orders come by post",
		"Asked whether gift wrapping could be offered.\nPassed on to the shop team.",
		"Speaks little English, reply in the customer's own language where possible",
		"Promised a voucher for the trouble with the last delivery",
	}
	reasonsOf = [crm.NumStatuses][]string{
		crm.Inactive:  {"Account closed at the customer's own request", "No activity for a long time, deactivated"},
		crm.Suspended: {"Suspended after multiple payment failures", "Suspended: chargebacks on three orders in a row"},
	}
)

// notes are administrators' remarks. Whoever is not active has one that says
// why.
func notes(r *rand.Rand, c crm.Customer, life span) []crm.Note {
	var all []crm.Note
	add := func(content string) {
		all = append(all, crm.Note{Content: content, AddedBy: pick(r, admins), AddedAt: life.moment(r)})
	}
	for chance(r, 22) {
		add(pick(r, remarks))
	}
	if reasons := reasonsOf[c.Status]; reasons != nil {
		add(pick(r, reasons))
		all[len(all)-1].AddedAt = life.until
	}
	slices.SortStableFunc(all, func(a, b crm.Note) int {
		return cmp.Compare(a.AddedAt.UnixMilli(), b.AddedAt.UnixMilli())
	})
	for i := range all {
		all[i].Number = uint32(i + 1)
	}
	return all
}
