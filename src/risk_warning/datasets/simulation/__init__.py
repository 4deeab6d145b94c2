"""A simulated lender whose truth is known.

The table is the reference for its figures. "Chosen" means that a figure has no source and is set only for its result.
The results are measured on 50,000 borrowers × 36 months (seed 1), on loans and borrowers at month starts.

========================================  ==========================================  ================================
what                                      figure                                      where it comes from
========================================  ==========================================  ================================
borrowers bad within three months         about 4 %                                   set, by `INTO_STRAIN`, `MISSES`
AUC of the true PD                        about 0.85; about 0.80 not past due         set, by `MISSES`, `REACHES`
30–59 → 60–89 days, → 0 days, a month     57 %, 20 %                                  set: 50–60 % (`CLEARED`, `STAYED`)
60–89 → 90+ days, a month                 67 %                                        set: 60–75 % (same)
90+ days → 0 days, a month                3 %                                         chosen: mostly lost
write-off                                 184–190 days past due                       usual for unsecured credit
states calm, strained, distressed         86, 7, 7 % of borrower-months               chosen (`stress`)
spread of log frailty                     0.80                                        chosen (`traits`)
spread of an account's own log odds       0.60                                        chosen (`accounts`)
products' log odds of a miss              0, −0.6, 0.15, 0.35                         chosen (`accounts`)
log odds a unit of instalment ÷ income    3.5                                         chosen (`accounts`)
forgetful borrowers                       12 %                                        chosen (`traits`)
early payoffs of loans in order           1.3 % a month in calm                       chosen (`stress`)
refinanced, of early payoffs              3 % where a loan follows                    below the product's question
instalments deferred, strained            0.6–1.2 % a month, by 1–3 months            chosen: a few (`stress`)
deferred ones that reach 30 days          85 %                                        chosen (`stress`)
failed direct debits                      0.8 % of paid, 20 % of missed               chosen (`instalments`)
payments in two parts; recorded late      1–6 % by state; 3 %, 1–5 days               chosen (`instalments`)
corrected statements                      1 %, after 5–20 days                        chosen (`statements`)
cards that skip statements                2 %, each 8 % of months                     chosen (`statements`)
cards without days past due               2.7 % (all store cards)                     chosen (`accounts`)
usual utilisation of cards                mean 0.38                                   Yeh & Lien: 0.42 (`statements`)
season: odds of a miss                    × 0.72, 1.45, 1.15 around the lunar new     chosen (`months`)
                                          year, × 0.85 in July
downturn: rate into strain                × 3.0                                       chosen (`stress`)
events                                    ratio strained to calm about 1–2            chosen: weak (`behaviour`)
`x_bureau_score` and log frailty          correlation −0.31                           chosen: weak (`traits`)
`x_channel`: log frailty                  −0.15 to 0.30                               chosen: weak (`traits`)
========================================  ==========================================  ================================

Yeh & Lien (2009): default of credit card clients, Taiwan 2005, doi 10.24432/C55S3H.

`traits` and `accounts` draw the borrowers and their accounts. `stress` has the hidden state and its hazards. `ledger`
advances accounts by a month, and `course` runs all months. `truth` computes the exact PD. `instalments`, `statements`,
`behaviour` and `tables` create the rows, and `lender` writes them.
"""
