/** Languages as courts write them: the tag, the English name, the code of ISO 639-2 and a native name. */
export const languages = [
  { tag: 'en', name: 'English', code: 'ENG', native: 'English' },
  { tag: 'es', name: 'Spanish', code: 'SPA', native: 'Español' },
  { tag: 'vi', name: 'Vietnamese', code: 'VIE', native: 'Tiếng Việt' },
  { tag: 'ko', name: 'Korean', code: 'KOR', native: '한국어' },
  { tag: 'ru', name: 'Russian', code: 'RUS', native: 'Русский' },
  { tag: 'ar', name: 'Arabic', code: 'ARA', native: 'العربية' },
  { tag: 'ht', name: 'Haitian Creole', code: 'HAT', native: 'Kreyòl' },
  { tag: 'so', name: 'Somali', code: 'SOM', native: 'Soomaali' },
] as const

/** English and Spanish far before the rest, as in court. */
export const languageWeights: readonly number[] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7]
