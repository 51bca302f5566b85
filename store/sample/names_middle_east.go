package sample

func middleEast() []culture {
	return []culture{
		{
			name: "Turkish", language: "tr",
			women:    names("Ayşe Çiğdem Elif Gülşen Hatice İpek Işıl Nurgül Özlem Şebnem Tuğba Zübeyde"),
			men:      names("Ahmet Çağlar Doğan Emre Gökhan İbrahim Kâmil Mehmet Oğuz Şükrü Tuğrul Yiğit"),
			families: names("Yılmaz Kaya Öztürk Şahin Çelik Aydın Güneş Işık İnönü Kılıç Doğan Yıldırım"),
			phones:   []string{"0212 000 ## ##", "+90212000####"},
		},
		{
			name: "Arabic", language: "ar",
			women:    names("فاطمة=fatima عائشة=aisha مريم=maryam نور=nour ليلى=layla زينب=zaynab سارة=sara هدى=huda ريم=reem ياسمين=yasmin"),
			men:      names("محمد=mohammed أحمد=ahmed علي=ali عمر=omar يوسف=youssef خالد=khaled حسن=hassan إبراهيم=ibrahim سعيد=said طارق=tariq"),
			families: names("الأحمد=alahmad الحسن=alhassan المصري=almasri الخطيب=alkhatib حداد=haddad نجار=najjar القاسم=alqasim بن_علي=benali السيد=elsayed منصور=mansour"),
			phones:   []string{"+20 2 0000 ####", "+966 11 000####", "+971 4 000 ####"},
		},
		{
			name: "Moroccan", language: "fr",
			women:    names("Aïcha Fatima-Zahra Hafsa Khadija Latifa Loubna Naïma Rachida Soukaïna Zineb"),
			men:      names("Abdelkader Brahim Driss Hicham Mohammed Mustapha Noureddine Rachid Youssef Zakaria"),
			families: names("El_Fassi Benjelloun Aït_Ahmed Bennani Chraïbi Lahlou El_Mansouri Tazi Berrada Ouazzani"),
			phones:   []string{"+212 5000 #####", "0500 00 ####"},
		},
		{
			name: "Hebrew", language: "he",
			women:    names("נועה=noa תמר=tamar שרה=sarah רחל=rachel יעל=yael מיכל=michal אביגיל=avigail שירה=shira רבקה=rivka הדס=hadas"),
			men:      names("דוד=david יוסף=yosef אורי=uri איתן=eitan משה=moshe נועם=noam אריאל=ariel יהונתן=yehonatan עמית=amit גיל=gil"),
			families: names("כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz ביטון=biton אברהם=avraham פרידמן=friedman בן-דוד=bendavid שפירא=shapira גולן=golan"),
			phones:   []string{"03-000-####", "+972 3 000 ####"},
		},
		{
			name: "Persian", language: "fa",
			women:    names("زهرا=zahra شیرین=shirin پریسا=parisa نرگس=narges ژاله=zhaleh مهسا=mahsa گلناز=golnaz نیلوفر=niloufar آناهیتا=anahita سپیده=sepideh"),
			men:      names("رضا=reza داریوش=dariush کوروش=kourosh بهرام=bahram پرویز=parviz آرش=arash فرهاد=farhad سهراب=sohrab کامران=kamran مهدی=mahdi"),
			families: names("احمدی=ahmadi حسینی=hosseini کریمی=karimi رضایی=rezaei موسوی=mousavi تهرانی=tehrani جعفری=jafari شیرازی=shirazi پهلوان=pahlavan گلستانی=golestani"),
			phones:   []string{"021-0000 ####", "+98210000####"},
		},
	}
}
