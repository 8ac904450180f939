CREATE INDEX citations_of_record ON citations (target);
CREATE VIEW how_we_know AS
SELECT
  c.target AS record, c.field, c.stance, c.confidence, c.stated_value, c.locator, c.note,
  c.source, s.title, s.publisher, s.url, s.published_on, s.reprint_of
FROM citations c
JOIN sources s ON s.slug = c.source;
CREATE VIEW who_runs_what AS
SELECT
  r.park, p.name_en AS park_en, p.name_zh AS park_zh, r.function, r.standing,
  r.division, d.name_en AS division_en, d.name_zh AS division_zh,
  r.body, b.name_en AS body_en, b.name_zh AS body_zh,
  r.since, r.until, r.note,
  r.agreement, a.title_en AS agreement_en, a.title_zh AS agreement_zh, a.signed_on,
  (SELECT count(DISTINCT source) FROM citations WHERE target = r.record AND stance = 'SUPPORTS') AS supported_by,
  (SELECT count(DISTINCT source) FROM citations WHERE target = r.record AND stance = 'DISPUTES') AS disputed_by,
  r.record
FROM co_management_roles r
JOIN parks p ON p.slug = r.park
LEFT JOIN divisions d ON d.code = r.division
LEFT JOIN bodies b ON b.slug = r.body
LEFT JOIN agreements a ON a.slug = r.agreement;
