package sample

func africaAndPacific() []culture {
	return []culture{
		{
			name: "Yoruba", language: "yo",
			women:    names("Adébáyọ̀mí Àbẹ̀kẹ́ Folákẹ́ Ìyábọ̀ Móyọ̀sọ́rẹ Omolará Títílayọ̀ Yétúndé Ẹniọlá Bùkọ́lá"),
			men:      names("Adéṣínà Babátúndé Fẹ́mi Káyọ̀dé Olúfẹ́mi Olúwáṣeun Ṣẹ́gun Táíwò Túndé Wọlé"),
			families: names("Adéyẹmí Akíntọ́lá Awólọ́wọ̀ Fálọlá Ògúnbíyì Olátúnjí Ọbásanjọ́ Ṣóyínká Òkéowó Adébáyọ̀"),
			phones:   []string{"+234 1 000 ####", "01 000 0####"},
		},
		{
			name: "Igbo", language: "ig",
			women:    names("Adaeze Chiamaka Chidinma Ifeoma Ngozi Nkechi Nneka Ogechi Ụzọamaka Obiageli"),
			men:      names("Chibueze Chinedu Emeka Ikechukwu Kelechi Nnamdi Obinna Okechukwu Ụgọchukwu Uchenna"),
			families: names("Okafor Nwosu Eze Okonkwo Achebe Nwachukwu Onyekachi Ọkpara Igwe Anyaoku"),
			phones:   []string{"+234 1 000 ####", "+23410000####"},
		},
		{
			name: "Ghanaian", language: "ak",
			women:    names("Abena Adwoa Afia Akosua Akua Ama Efua Esi Yaa Dzifa"),
			men:      names("Kofi Kojo Kwabena Kwaku Kwame Kwasi Yaw Nii Fiifi Kɔkɔ=koko"),
			families: names("Mensah Owusu Boateng Asante Agyeman Nkrumah Ansah Opoku Osei-Tutu Amponsah"),
			phones:   []string{"030 000 ####", "+233 30 000####"},
		},
		{
			name: "Ethiopian", language: "am", // the second name is the father's
			women:    names("አልማዝ=almaz ትዕግስት=tigist ሕይወት=hiwot ሰላም=selam ማርታ=marta ሣራ=sara ብርቱካን=birtukan ዘነበች=zenebech"),
			men:      names("አበበ=abebe ዳዊት=dawit ዮናስ=yonas ሙሉጌታ=mulugeta ሳሙኤል=samuel ኤልያስ=elias ብሩክ=biruk ገብረ=gebre"),
			families: names("በቀለ=bekele ታደሰ=tadesse ከበደ=kebede ተስፋዬ=tesfaye ግርማ=girma ኃይሌ=haile ወልዴ=wolde መንግሥቱ=mengistu"),
			phones:   []string{"011 000 ####", "+251 11 000####"},
		},
		{
			name: "Kenyan", language: "sw",
			women:    names("Achieng Akinyi Jepkosgei Makena Muthoni Njeri Nyambura Wairimu Wanjiku Zawadi"),
			men:      names("Baraka Juma Kamau Kipchoge Mwangi Njoroge Ochieng Odhiambo Omondi Wafula"),
			families: names("Kariuki Kimani Kiptoo Mutua Ng'ang'a Ngugi Njuguna Odinga Otieno Wanyama"),
			phones:   []string{"020 000 ####", "+254 20 000####"},
		},
		{
			name: "Hawaiian", language: "haw",
			women:    names("Alohilani Hōkūlani Kahikina Kaʻiulani Kēhaulani Leilani Mahina Mākena Nohea Pualani"),
			men:      names("Kahiau Kainoa Kaleo Kanoa Kapono Kawika Keoni Kekoa Makoa Nāinoa"),
			families: names("Kahananui Kealoha Kamakau Keawe Nākoa Kaʻahumanu Kapule Mahoe Kekūlike Kauʻi"),
			phones:   []string{"(808) 555-01##", "+1 808 555 01##"},
		},
		{
			name: "Māori", language: "mi",
			women:    names("Anahera Aroha Hinemoa Kiri Mārama Ngaio Pānia Rāhera Tui Whetū"),
			men:      names("Hēmi Hōne Manaia Matiu Nikau Piripi Rāwiri Tāne Tama Wiremu"),
			families: names("Ngata Parata Te_Kanawa Tāmihana Waititi Hēnare Kīngi Pōmare Rangihau Te_Wiata"),
			phones:   []string{"09-000 ####", "+64 9 000 ####"},
		},
		{
			name: "Australian", language: "en",
			women:    names("Bindi Bronte Kylie Matilda Narelle Poppy Raelene Sheree Tahlia Zali"),
			men:      names("Angus Bruce Darcy Jarrah Kane Lachie Mitchell Rhys Shane Trent"),
			families: names("O'Shea Fitzgerald Nguyen-Walsh Hargreaves McGrath Papadakis Whitlam Bradfield Kelly Lonergan"),
			phones:   []string{"(02) 5550 ####", "(03) 5550 ####", "(07) 5550 ####", "+61 2 5550 ####"},
		},
	}
}
