package sample

func southAsia() []culture {
	return []culture{
		{
			name: "Hindi", language: "hi",
			women:    names("प्रिया=priya अनीता=anita सुनीता=sunita कविता=kavita नेहा=neha पूजा=pooja दीपिका=deepika मीनाक्षी=meenakshi श्रद्धा=shraddha ज्योति=jyoti"),
			men:      names("राहुल=rahul अमित=amit विकास=vikas संजय=sanjay अर्जुन=arjun कृष्ण=krishna सुरेश=suresh आदित्य=aditya मनोज=manoj हर्ष=harsh"),
			families: names("शर्मा=sharma वर्मा=verma गुप्ता=gupta सिंह=singh मिश्रा=mishra त्रिपाठी=tripathi श्रीवास्तव=srivastava चतुर्वेदी=chaturvedi यादव=yadav जोशी=joshi"),
			phones:   []string{"+91 00000 #####", "011-0000 ####"},
		},
		{
			name: "Indian", language: "en",
			women:    names("Aishwarya Ananya Divya Gayatri Ishita Kavya Lakshmi Nandini Priyanka Radhika Shruti Vidya"),
			men:      names("Abhishek Anil Deepak Ganesh Karthik Manish Nikhil Pranav Rajesh Rohan Siddharth Vivek"),
			families: names("Patel Sharma Agarwal Chatterjee Deshpande Iyer Kulkarni Mehta Nair Reddy Venkataraman Krishnamurthy"),
			phones:   []string{"+910000######", "022-0000 ####", "+91 00000 #####"},
		},
		{
			name: "Tamil", language: "ta",
			women:    names("மீனா=meena லட்சுமி=lakshmi கவிதா=kavitha தமிழ்செல்வி=tamilselvi அன்பு=anbu பவானி=bhavani ராதா=radha வள்ளி=valli"),
			men:      names("முருகன்=murugan கார்த்திக்=karthik செல்வம்=selvam குமார்=kumar அருண்=arun வேலு=velu ராஜா=raja சிவா=siva"),
			families: names("சுப்பிரமணியன்=subramanian கிருஷ்ணன்=krishnan ராமசாமி=ramasamy நடராஜன்=natarajan பழனிசாமி=palaniswami சந்திரசேகர்=chandrasekar வேங்கடேசன்=venkatesan பாண்டியன்=pandian"),
			phones:   []string{"044-0000 ####", "+94 11 000 ####"},
		},
		{
			name: "Bengali", language: "bn",
			women:    names("অনন্যা=ananya মৌসুমী=mousumi শর্মিলা=sharmila রিয়া=riya সুচিত্রা=suchitra তানিয়া=tania নাসরিন=nasrin ফাতেমা=fatema"),
			men:      names("সৌরভ=sourav অর্ণব=arnab রবীন্দ্র=rabindra সত্যজিৎ=satyajit শাহরিয়ার=shahriar তানভীর=tanvir কামাল=kamal অনির্বাণ=anirban"),
			families: names("চট্টোপাধ্যায়=chattopadhyay বন্দ্যোপাধ্যায়=bandyopadhyay ঘোষ=ghosh সেন=sen রহমান=rahman হোসেন=hossain দাশগুপ্ত=dasgupta ইসলাম=islam"),
			phones:   []string{"+880 2 000 ####", "033-0000 ####"},
		},
		{
			name: "Pakistani", language: "ur",
			women:    names("Amna Ayesha Bushra Fariha Hina Maryam Nida Rabia Sana Zainab"),
			men:      names("Adnan Bilal Faisal Hamza Imran Kashif Nadeem Omar Shahid Usman"),
			families: names("Khan Qureshi Siddiqui Chaudhry Butt Malik Raza Sheikh Mirza Bhatti"),
			phones:   []string{"+92 51 000 ####", "021-0000 ####"},
		},
	}
}

func eastAsia() []culture {
	return []culture{
		{
			name: "Chinese", language: "zh", order: familyFirstJoined,
			women:    names("秀英=xiuying 丽=li 敏=min 静=jing 婷婷=tingting 雪梅=xuemei 晓燕=xiaoyan 佳怡=jiayi 芳=fang 美玲=meiling"),
			men:      names("伟=wei 强=qiang 志明=zhiming 建国=jianguo 浩然=haoran 宇航=yuhang 子轩=zixuan 文博=wenbo 海涛=haitao 俊杰=junjie"),
			families: names("王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 赵=zhao 黄=huang 周=zhou 吴=wu 欧阳=ouyang 司马=sima"),
			phones:   []string{"010-0000 ####", "+86100000####"},
		},
		{
			name: "Taiwanese", language: "zh", order: familyFirstJoined,
			women:    names("淑芬=shufen 怡君=yijun 雅婷=yating 美惠=meihui 佩珊=peishan 欣怡=xinyi 鈺婷=yuting 詩涵=shihan"),
			men:      names("志豪=zhihao 俊宏=junhong 冠宇=guanyu 家豪=jiahao 宗翰=zonghan 承恩=chengen 國華=guohua 建宏=jianhong"),
			families: names("林=lin 陳=chen 黃=huang 張=zhang 吳=wu 劉=liu 蔡=tsai 鄭=zheng 謝=hsieh 許=hsu"),
			phones:   []string{"(02) 0000-####", "+886 2 0000####"},
		},
		{
			name: "Japanese", language: "ja", order: familyFirst,
			women:    names("花子=hanako 美咲=misaki さくら=sakura 陽菜=hina 結衣=yui 千尋=chihiro 恵子=keiko 由美=yumi まりこ=mariko 愛=ai"),
			men:      names("太郎=taro 健一=kenichi 大輔=daisuke 翔太=shota 拓也=takuya 誠=makoto 蓮=ren 隆=takashi 直樹=naoki 涼介=ryosuke"),
			families: names("佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 伊藤=ito 渡辺=watanabe 山本=yamamoto 中村=nakamura 小林=kobayashi 長谷川=hasegawa 五十嵐=igarashi 斎藤=saito"),
			phones:   []string{"03-0000-####", "090-0000-####", "06-0000-####"},
		},
		{
			name: "Korean", language: "ko", order: familyFirstJoined,
			women:    names("지영=jiyoung 민지=minji 서연=seoyeon 수진=sujin 은경=eunkyung 하은=haeun 유진=yujin 혜진=hyejin 영희=younghee 다은=daeun"),
			men:      names("민수=minsu 준호=junho 지훈=jihoon 성민=sungmin 현우=hyunwoo 동현=donghyun 철수=chulsoo 태형=taehyung 우진=woojin 상철=sangchul"),
			families: names("김=kim 이=lee 박=park 최=choi 정=jung 강=kang 조=cho 윤=yoon 장=jang 임=lim 황보=hwangbo 남궁=namgung"),
			phones:   []string{"010-0000-####", "+82 2 000 ####", "02-000-####"},
		},
		{
			name: "Thai", language: "th",
			women:    names("สมหญิง=somying กัญญา=kanya มาลี=malee พิมพ์ใจ=pimjai สุดา=suda วันเพ็ญ=wanphen อรทัย=orathai นภา=napa"),
			men:      names("สมชาย=somchai ประเสริฐ=prasert วิชัย=wichai ณัฐพล=nattapon สุรชัย=surachai ธนากร=thanakorn อนันต์=anan ชัยวัฒน์=chaiwat"),
			families: names("แก้วมณี=kaewmanee ศรีสุข=srisuk ทองดี=thongdee บุญมี=boonmee ใจดี=jaidee รัตนพงษ์=rattanapong สุวรรณ=suwan วงศ์สวัสดิ์=wongsawat"),
			phones:   []string{"02-000-####", "+66 2 000 ####"},
		},
		{
			name: "Vietnamese", language: "vi", order: familyFirst,
			women:    names("Thị_Hương Thị_Lan Ngọc_Ánh Thu_Hà Mỹ_Linh Bích_Ngọc Thùy_Dương Kim_Yến Phương_Thảo Diễm_Quỳnh"),
			men:      names("Văn_Hùng Minh_Đức Quốc_Việt Đình_Phúc Hữu_Nghĩa Thanh_Tùng Đăng_Khoa Xuân_Trường Tuấn_Kiệt Gia_Bảo"),
			families: names("Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Võ Đặng Bùi Đỗ Hồ"),
			phones:   []string{"024 0000 ####", "+84 24 000####"},
		},
		{
			name: "Indonesian", language: "id",
			women:    names("Ayu Citra Dewi Fitri Indah Kartini Lestari Putri Ratna Wulandari"),
			men:      names("Agus Bambang Budi Dwi Eko Hendra Joko Rizky Slamet Wahyu"),
			families: names("Santoso Wijaya Hidayat Kusuma Nugroho Pratama Saputra Setiawan Siregar Wibowo"),
			phones:   []string{"(021) 000-####", "+62 21 000####"},
		},
		{
			name: "Filipino", language: "fil",
			women:    names("Analyn Bituin Corazon Dalisay Jhoanna Ligaya Maricel Rosalinda Tala Luzviminda"),
			men:      names("Bayani Crisanto Dakila Efren Jejomar Lakandula Rodel Rogelio Teodoro Isagani"),
			families: names("dela_Cruz Santos Bautista Macaraeg Dimaculangan Pangilinan Magsaysay Villanueva Catacutan Ocampo"),
			phones:   []string{"(02) 0000-####", "+63 2 0000 ####"},
		},
	}
}
