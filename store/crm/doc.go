// Package crm is the domain of a shop's customer service: what a customer, an
// order, a complaint and a change are, and the rules that hold for them. It
// knows neither how they are stored nor how they travel, and needs only the
// standard library.
//
// Conventions that hold throughout:
//
//   - Times are UTC with millisecond precision; the zero [time.Time] means
//     "not set".
//   - Money is an [Amount] in minor units (cents, paise).
//   - Lengths count Unicode code points after trimming.
//   - Whatever a caller did wrong is an [*Error] with a [Kind].
package crm
