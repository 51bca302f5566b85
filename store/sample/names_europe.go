package sample

func westernEurope() []culture {
	return []culture{
		{
			name: "English", language: "en",
			women:    names("Charlotte Emily Grace Hannah Lucy Olivia Rebecca Sophie Victoria Zoë Abigail Eleanor"),
			men:      names("Benjamin Charles Edward George Harry Jack Michael Oliver Thomas William Daniel Samuel"),
			families: names("Smith Jones Taylor Brown Walker Wright Thompson Hughes Baker Cooper Fletcher Harrison Ashworth Wood-Hall"),
			phones:   []string{"020 7946 0###", "+442079460###", "07700 900###", "+447700900###", "0161 496 0###"},
		},
		{
			name: "American", language: "en",
			women:    names("Ashley Brianna Danielle Jennifer Jessica Kayla Madison Megan Renée Savannah Taylor Mary-Beth"),
			men:      names("Austin Brandon Christopher Dwayne Hunter Jordan Joshua Logan Mason Tyler Wyatt DeShawn"),
			families: names("Johnson Williams Miller Davis Anderson Jackson Robinson Washington Jefferson Carter Mitchell Van_Buren"),
			phones:   []string{"(202) 555-01##", "+1 212 555 01##", "415-555-01##", "+1312555 01##", "617 555 01##"},
		},
		{
			name: "Irish", language: "ga",
			women:           names("Aoife Caoimhe Ciara Gráinne Niamh Róisín Saoirse Sinéad Siobhán Orlaith Éabha Máire"),
			men:             names("Cian Cillian Conor Darragh Eoghan Fionn Oisín Pádraig Ruairí Seán Tadhg Séamus"),
			families:        names("Ó_Briain Ó_Conaill Ó_Súilleabháin Mac_Cárthaigh O'Brien O'Connor O'Neill Murphy Byrne Doyle Gallagher"),
			familiesOfWomen: names("Ní_Bhriain Ní_Chonaill Ní_Shúilleabháin Nic_Chárthaigh O'Brien O'Connor O'Neill Murphy Byrne Doyle Gallagher"),
			phones:          []string{"020 910 ####", "020 912 ####", "+353 20911 ####"},
		},
		{
			name: "Scottish", language: "gd",
			women:    names("Ailsa Catriona Eilidh Fiona Iona Isla Kirsty Mairi Mòrag Rhona Shona Skye"),
			men:      names("Alasdair Angus Callum Dougal Ewan Fergus Fraser Hamish Iain Lachlan Ruaridh Struan"),
			families: names("MacDonald McKenzie Campbell Stewart Fraser MacLeod Sinclair Buchanan Drummond MacIntyre Urquhart Ross"),
			phones:   []string{"0131 496 0###", "0141 496 0###", "+441414960###"},
		},
		{
			name: "Spanish", language: "es",
			women:    names("María_José Begoña Carmen Inés Lucía Nuria Pilar Rocío Sofía Ximena Mónica Itziar"),
			men:      names("Álvaro Andrés Iñigo Javier Jesús José_Luis Martín Óscar Raúl Sergio Tomás Íker"),
			families: names("García_López Muñoz Ibáñez Fernández Rodríguez_Peña Núñez Gutiérrez Ordóñez Castaño de_la_Cruz Velázquez Zúñiga"),
			phones:   []string{"+34 000 ### ###", "000 ## ## ##"},
		},
		{
			name: "Mexican", language: "es",
			women:    names("Guadalupe Ximena Fernanda Regina Valentina Itzel Xóchitl Citlali Esperanza Yaretzi"),
			men:      names("Santiago Emiliano Cuauhtémoc Diego Rodrigo Miguel_Ángel Joaquín Ramón Ignacio Ulises"),
			families: names("Hernández Martínez González Ramírez Sánchez_Ortiz Domínguez Cárdenas Juárez Villaseñor Peña_Nieto"),
			phones:   []string{"55 0000 ####", "+52 55 0000####"},
		},
		{
			name: "Brazilian", language: "pt",
			women:    names("Ana_Luíza Beatriz Conceição Débora Flávia Júlia Larissa Letícia Mônica Patrícia Thaís Vitória"),
			men:      names("Antônio César Estêvão Fábio Gonçalo João_Pedro Luís Márcio Otávio Rogério Thiago Vinícius"),
			families: names("da_Silva dos_Santos Araújo Gonçalves Magalhães Conceição Guimarães Simões Brandão Falcão Assunção Moreira"),
			phones:   []string{"(11) 00000-####", "(21) 00000-####", "+55110000####"},
		},
		{
			name: "Portuguese", language: "pt",
			women:    names("Inês Mafalda Leonor Graça Lurdes Catarina Constança Matilde Benedita Fátima"),
			men:      names("Afonso Duarte Gil Nuno Rui Simão Tomé Vasco Bartolomeu Sebastião"),
			families: names("Ferreira Pereira Carvalho Antunes Fragoso Camões Leitão Mourão Quintão Saramago"),
			phones:   []string{"+351 000 ######", "+351000######"},
		},
		{
			name: "French", language: "fr",
			women:    names("Adèle Amélie Anaïs Chloé Élodie Françoise Geneviève Héloïse Léa Margaux Noémie Océane"),
			men:      names("Aurélien Benoît Clément François Gaël Jérôme Jean-Baptiste Loïc Mathéo Rémi Stéphane Théo"),
			families: names("Lefèvre Dupont Garçon Bérenger L'Hôpital de_Beauvoir Chevalier Crépin Hébert Maçon Noël Saint-Exupère"),
			phones:   []string{"01 99 00 ## ##", "06 39 98 ## ##", "+3363998####", "+33 1 9900 ####"},
		},
		{
			name: "German", language: "de",
			women:    names("Annegret Bärbel Christl Greta Käthe Liesl Marlene Rösli Sabine Ulrike Wiebke Änne"),
			men:      names("Björn Dieter Götz Jörg Jürgen Klaus Lothar Moritz Rüdiger Sören Uwe Wolfgang"),
			families: names("Müller Schröder Weiß Groß Jäger Köhler Schäfer Böhm von_Bülow Straßer Meier-Lüdenscheidt Zimmermann"),
			phones:   []string{"030 23125 ###", "+493023125###", "069 90009 ###", "089 99998 ###", "040 66969 ###"},
		},
		{
			name: "Dutch", language: "nl",
			women:    names("Anouk Daphne Fleur Hanneke Liesbeth Maartje Mieke Noor Renée Sanne Saskia Willemijn"),
			men:      names("Bram Diederik Gijs Hendrik Jeroen Joost Maarten Niels Pieter Sjoerd Teun Wouter"),
			families: names("de_Vries van_den_Berg Jansen Bakker van_Dijk 't_Hart Koopmans Haverkamp IJsbrandy van_der_Meer Visser Coenraad"),
			phones:   []string{"020 000 ####", "+31 20 000 ####", "010-000 ####"},
		},
		{
			name: "Italian", language: "it",
			women:    names("Alessia Benedetta Chiara Federica Giulia Ludovica Martina Niccolina Ornella Serena"),
			men:      names("Alessandro Dario Enrico Fabrizio Giacomo Lorenzo Matteo Niccolò Raffaele Vincenzo"),
			families: names("Rossi Bianchi Esposito D'Angelo Nicolò Cantù De_Luca Forlì Marchetti Zanardelli"),
			phones:   []string{"+39 000 #######", "06 0000 ####"},
		},
	}
}

func northernEurope() []culture {
	return []culture{
		{
			name: "Swedish", language: "sv",
			women:    names("Åsa Astrid Ebba Freja Gunilla Linnéa Märta Sigrid Wilma Ylva"),
			men:      names("Anders Björn Göran Håkan Jörgen Lars Måns Nils Östen Sven"),
			families: names("Åkesson Bergström Sjöberg Lindqvist Öberg Nyström Björk Hägglund Strömberg Wahlström"),
			phones:   []string{"08-465 004 ##", "031-390 06 ##", "040-628 04 ##"},
		},
		{
			name: "Danish and Norwegian", language: "da",
			women:    names("Bodil Dagny Ingebjørg Kjerstin Maren Ragnhild Solveig Søs Tove Åse"),
			men:      names("Asbjørn Bjørn Håkon Jørgen Kåre Øystein Rasmus Søren Terje Aage"),
			families: names("Sørensen Jørgensen Ødegård Bjørnstad Kjær Nygaard Østergaard Ångstrøm Hæstad Lund"),
			phones:   []string{"+45 00 0# ## ##", "+47 00 0# ## ##"},
		},
		{
			name: "Finnish", language: "fi",
			women:    names("Aino Eeva Hilkka Kyllikki Päivi Sirkka Tuulikki Venla Vieno Yrsa"),
			men:      names("Aatos Eero Heikki Jyrki Kalevi Mikko Pekka Toivo Väinö Yrjö"),
			families: names("Hämäläinen Korhonen Lehtimäki Mäkelä Nieminen Pääkkönen Räsänen Salonen Väisänen Ylönen"),
			phones:   []string{"+358 000 ######", "09 0000 ####"},
		},
		{
			name: "Icelandic", language: "is",
			women:           names("Ásdís Birta Guðrún Hrafnhildur Þórdís Ragnheiður Sigríður Þóra Æsa Unnur"),
			men:             names("Árni Björgvin Einar Guðmundur Hallgrímur Jökull Sigurður Þór Þorsteinn Ævar"),
			families:        names("Jónsson Guðmundsson Þórsson Sigurðsson Ólafsson Björnsson Stefánsson Æsuson"),
			familiesOfWomen: names("Jónsdóttir Guðmundsdóttir Þórsdóttir Sigurðardóttir Ólafsdóttir Björnsdóttir Stefánsdóttir Ásudóttir"),
			phones:          []string{"+354 000 ####", "+354000####"},
		},
	}
}

func easternEurope() []culture {
	return []culture{
		{
			name: "Polish", language: "pl",
			women:           names("Agnieszka Bożena Elżbieta Grażyna Jadwiga Łucja Małgorzata Stanisława Świętosława Żaneta"),
			men:             names("Błażej Grzegorz Jędrzej Krzysztof Łukasz Mieczysław Paweł Stanisław Wacław Zbigniew"),
			families:        names("Wiśniewski Kowalski Dąbrowski Zieliński Wójcik Lewandowski Szymański Woźniak Kozłowski Gołąb"),
			familiesOfWomen: names("Wiśniewska Kowalska Dąbrowska Zielińska Wójcik Lewandowska Szymańska Woźniak Kozłowska Gołąb"),
			phones:          []string{"+48 000 ### ###", "22 000 ## ##"},
		},
		{
			name: "Czech", language: "cs",
			women:           names("Alžběta Božena Dagmar Eliška Jiřina Kateřina Ludmila Růžena Tereza Žofie"),
			men:             names("Bořivoj Čeněk František Jiří Jaroslav Matěj Ondřej Přemysl Tomáš Zdeněk"),
			families:        names("Novák Dvořák Procházka Růžička Kučera Veselý Černý Hájek Kříž Šťastný"),
			familiesOfWomen: names("Nováková Dvořáková Procházková Růžičková Kučerová Veselá Černá Hájková Křížová Šťastná"),
			phones:          []string{"+420 000 ######", "000 ### ### ###"},
		},
		{
			name: "Hungarian", language: "hu", order: familyFirst,
			women:    names("Ágnes Boglárka Csilla Erzsébet Gyöngyi Ildikó Katalin Tünde Zsófia Zsuzsanna"),
			men:      names("Ádám Balázs Csaba Dezső Ferenc György István László Sándor Zoltán"),
			families: names("Nagy Kovács Tóth Szabó Horváth Kőszegi Szőke Füredi Csík Őrsi Gyöngyösi Vörös"),
			phones:   []string{"+36 1 000 ####", "06 1 000 ####"},
		},
		{
			name: "Romanian", language: "ro",
			women:    names("Ancuța Bianca Crăița Ioana Lăcrămioara Mădălina Ruxandra Ștefania Țața Viorica"),
			men:      names("Bogdan Călin Dănuț Gheorghe Ionuț Mihăiță Nicușor Răzvan Ștefan Vlăduț"),
			families: names("Popescu Ionescu Stănescu Țurcanu Brâncuși Mărgineanu Șerban Câmpeanu Dragomir Vătășescu"),
			phones:   []string{"+40 21 000 ####", "021 000 ####"},
		},
		{
			name: "Greek", language: "el",
			women:           names("Αικατερίνη=aikaterini Βασιλική=vasiliki Δήμητρα=dimitra Ελένη=eleni Ζωή=zoi Θεοδώρα=theodora Ιωάννα=ioanna Μαρία=maria Σοφία=sofia Χρύσα=chrysa"),
			men:             names("Αλέξανδρος=alexandros Γιώργος=giorgos Δημήτρης=dimitris Ηλίας=ilias Θανάσης=thanasis Κώστας=kostas Νίκος=nikos Οδυσσέας=odysseas Σπύρος=spyros Χρήστος=christos"),
			families:        names("Παπαδόπουλος=papadopoulos Γεωργίου=georgiou Οικονόμου=oikonomou Βλάχος=vlachos Αγγελόπουλος=angelopoulos Νικολαΐδης=nikolaidis Καραγιάννης=karagiannis Αθανασίου=athanasiou"),
			familiesOfWomen: names("Παπαδοπούλου=papadopoulou Γεωργίου=georgiou Οικονόμου=oikonomou Βλάχου=vlachou Αγγελοπούλου=angelopoulou Νικολαΐδου=nikolaidou Καραγιάννη=karagianni Αθανασίου=athanasiou"),
			phones:          []string{"+30 210 000####", "210 000 ####"},
		},
		{
			name: "Russian", language: "ru",
			women:           names("Анастасия=anastasia Галина=galina Екатерина=ekaterina Жанна=zhanna Людмила=lyudmila Наталья=natalya Ольга=olga Светлана=svetlana Татьяна=tatyana Юлия=yulia"),
			men:             names("Алексей=alexey Борис=boris Дмитрий=dmitry Евгений=evgeny Игорь=igor Николай=nikolay Пётр=pyotr Сергей=sergey Фёдор=fyodor Юрий=yury"),
			families:        names("Иванов=ivanov Смирнов=smirnov Кузнецов=kuznetsov Соловьёв=solovyov Фёдоров=fyodorov Щербаков=shcherbakov Чайковский=chaikovsky Воробьёв=vorobyov"),
			familiesOfWomen: names("Иванова=ivanova Смирнова=smirnova Кузнецова=kuznetsova Соловьёва=solovyova Фёдорова=fyodorova Щербакова=shcherbakova Чайковская=chaikovskaya Воробьёва=vorobyova"),
			phones:          []string{"+7 495 000-####", "8(495)000-####"},
		},
		{
			name: "Ukrainian", language: "uk",
			women:    names("Ганна=hanna Ірина=iryna Єва=yeva Ксенія=kseniia Леся=lesia Мар'яна=mariana Оксана=oksana Соломія=solomiia Уляна=uliana Христина=khrystyna"),
			men:      names("Андрій=andrii Богдан=bohdan Василь=vasyl Григорій=hryhorii Євген=yevhen Ігор=ihor Мирослав=myroslav Остап=ostap Святослав=sviatoslav Тарас=taras"),
			families: names("Шевченко=shevchenko Коваленко=kovalenko Бондаренко=bondarenko Ткаченко=tkachenko Мельник=melnyk Гриценко=hrytsenko Юрченко=yurchenko Лук'яненко=lukianenko"),
			phones:   []string{"+380 44 000####", "044 000 ####"},
		},
	}
}
