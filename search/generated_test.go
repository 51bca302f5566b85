package search

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"crms/store/crm"
)

// population makes customers and the queries that their records suggest. Names
// are drawn unevenly, as in life: the first of a list are the most common.
type population struct {
	seed      uint64
	customers int
}

var (
	givenNames = strings.Fields(`Olivia Liam Emma Noah Charlotte James Amelia Oliver Sofia Lucas Mia Henry Isabella Theodore Ava
		Priya Arjun Ananya Rohan Lakshmi Vikram Meera Suresh Kavita Rajesh Deepak Shreya Aditya Nandini Venkatesh Padmavathi
		José María Andrés Lucía Iñigo Núria Joaquín Ximena João Conceição Anaïs François Zoë Jérôme Jürgen Günter Käthe
		Søren Åse Bjørn Łucja Małgorzata Zbigniew Ondřej Jiří Žaneta György Ágnes Ștefan Ioana İbrahim Gülsüm Çetin Işıl
		Олег Наталья Дмитрий Светлана Андрей Екатерина Γιώργος Ελένη Κωνσταντίνος محمد فاطمة عبدالله خديجة שרה יעקב
		राहुल प्रियंका सुनीता மீனாட்சி முருகன் లక్ష్మి রহমান สมชาย ประภาพร Nguyễn Thị Đức Phương Chukwuemeka Oluwaseun Ngozi Amina`)
	familyNames = strings.Fields(`Smith Johnson Williams Brown Jones Taylor Wilson Davies Evans Robinson O'Connor McDonald Smith-Barney
		Sharma Patel Kumar Singh Reddy Iyer Nair Krishnamurthy Venkataraman Mukherjee Chattopadhyay Deshpande Kulkarni
		García Rodríguez Fernández Muñoz Ibáñez Gonçalves Araújo Lefèvre Dubois Müller Schröder Weiß Groß Köhler
		Sørensen Ødegård Lindström Åkesson Wiśniewski Kowalczyk Łukasiewicz Dvořák Černý Kovács Szabó Șerban Yıldız Şahin
		Иванов Кузнецова Соловьёв Παπαδόπουλος Γεωργίου الحسن العلي כהן לוי शर्मा वर्मा गुप्ता ராஜன் రెడ్డి
		Okonkwo Adeyemi Mwangi Haile Trần Phạm Huỳnh Suzuki Tanaka Papadopoulos Ivanov Hernandez-Lopez`)
	hanNames  = strings.Fields("王 李 张 刘 陈 杨 赵 黄 周 吴 田中 佐藤 鈴木 高橋 渡辺 김 이 박 최 정")
	hanGiven  = strings.Fields("伟 芳 娜 敏 静 小明 丽华 建国 秀英 志强 太郎 花子 健一 美咲 민수 서연 지훈 하늘 晓东 文博")
	syllables = strings.Fields("ba ren dol vi ka tor mun le sha pri go fel nar ost wi zan quo ter lim har del su ro mai ken")
	domains   = strings.Fields("example.com example.org mail.example.com example.net post.example.net shop.example.com")
	numbering = []string{"+91##########", "+91 ##### #####", "0#####-#####", "##########", "(4##) 555-####", "+1-415-###-####",
		"+447#########", "+49 30 #######", "+33 # ## ## ## ##", ""}
)

func common[T any](r *rand.Rand, list []T) T {
	return list[int(float64(len(list))*math.Pow(r.Float64(), 1.7))]
}

func any1[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// coined is one of the many family names that are rare.
func coined(r *rand.Rand) string {
	var b strings.Builder
	for range 2 + r.IntN(3) {
		b.WriteString(any1(r, syllables))
	}
	return strings.ToUpper(b.String()[:1]) + b.String()[1:]
}

func (p population) random(n int, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed<<8|stream, uint64(n)))
}

// contact makes customer n, always the same one.
func (p population) contact(n int) crm.Contact {
	r := p.random(n, 1)
	name := common(r, givenNames) + " " + common(r, familyNames)
	switch kind := r.Float64(); {
	case kind < 0.07:
		name = common(r, hanNames) + any1(r, hanGiven)
	case kind < 0.40:
		name = common(r, givenNames) + " " + coined(r)
	case kind < 0.45:
		name = common(r, givenNames) + " " + common(r, givenNames) + " " + common(r, familyNames)
	}
	local := strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z':
			return c
		case c == ' ':
			return '.'
		}
		return -1
	}, fold(name))
	if len(local) < 4 {
		local = strings.ToLower(coined(r))
	}
	number := strings.Map(func(c rune) rune {
		if c == '#' {
			return rune('0' + r.IntN(10))
		}
		return c
	}, any1(r, numbering))
	return contact(n, name, local+strconv.Itoa(n)+"@"+common(r, domains), number)
}

func (p population) memory() *memory {
	m := newMemory()
	for n := range p.customers {
		c := p.contact(n)
		m.contacts[c.ID] = c
	}
	return m
}

// A class is a way in which people search.
type class struct {
	name string
	text func(r *rand.Rand, c crm.Contact) string // empty when the customer suggests no such query
}

var classes = []class{
	{"prefix", prefixText},
	{"full name", func(r *rand.Rand, c crm.Contact) string { return unaccented(r, c.FullName) }},
	{"swapped words", swappedText},
	{"typo", typoText},
	{"email", func(r *rand.Rand, c crm.Contact) string { return c.Email }},
	{"local part", func(r *rand.Rand, c crm.Contact) string { return c.Email[:strings.IndexByte(c.Email, '@')] }},
	{"number", func(r *rand.Rand, c crm.Contact) string { return c.ContactNumber }},
	{"middle digits", digitsText},
	{"name and digits", func(r *rand.Rand, c crm.Contact) string {
		digits := digitsText(r, c)
		if digits == "" {
			return ""
		}
		return any1(r, strings.Fields(c.FullName)) + " " + digits[:4]
	}},
}

func unaccented(r *rand.Rand, s string) string {
	if r.IntN(2) == 0 {
		return fold(s)
	}
	return strings.ToLower(s)
}

func prefixText(r *rand.Rand, c crm.Contact) string {
	w := []rune(unaccented(r, any1(r, strings.Fields(c.FullName))))
	if len(w) < 2 {
		return ""
	}
	return string(w[:min(len(w), 2+r.IntN(9))])
}

func swappedText(r *rand.Rand, c crm.Contact) string {
	words := strings.Fields(unaccented(r, c.FullName))
	if len(words) < 2 {
		return ""
	}
	return strings.Join(append(words[1:], words[0]), " ")
}

// typoText makes one edit behind the first letter of the longest word.
func typoText(r *rand.Rand, c crm.Contact) string {
	words := strings.Fields(unaccented(r, c.FullName))
	longest := 0
	for i := range words {
		if len([]rune(words[i])) > len([]rune(words[longest])) {
			longest = i
		}
	}
	w := []rune(words[longest])
	if len(w) < 5 {
		return ""
	}
	at := 1 + r.IntN(len(w)-2)
	switch r.IntN(3) {
	case 0:
		w[at], w[at+1] = w[at+1], w[at]
	case 1:
		w = append(w[:at], w[at+1:]...)
	default:
		w[at] = rune('a' + r.IntN(26))
	}
	words[longest] = string(w)
	return strings.Join(words, " ")
}

func digitsText(r *rand.Rand, c crm.Contact) string {
	digits := digitsOf(c.ContactNumber)
	if digits == "" {
		return ""
	}
	n := 6 + r.IntN(len(digits)-5)
	at := r.IntN(len(digits) - n + 1)
	return digits[at : at+n]
}
