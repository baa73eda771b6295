#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace cli {

enum class Language : std::uint8_t { en, ja };

// Everything the program says in the user's language. Help is English, as are the details of errors
// that come from the agent.
enum class Text : std::uint8_t {
  // Headers of columns.
  accepted,
  action,
  actor,
  added,
  approvers,
  at,
  cause,
  certificate,
  checkpoint,
  confidence,
  count,
  deferred_until,
  detail,
  device,
  digest,
  direction,
  enforced,
  entries,
  exporter,
  expires,
  feed,
  first_seen,
  held,
  id,
  index,
  indicator,
  kind,
  last_seen,
  lifetime,
  list,
  malware,
  name,
  not_enforceable,
  number,
  policy_version,
  proposed_at,
  proposed_by,
  proved,
  reason,
  receipt,
  reference,
  rejected,
  release,
  removed,
  sightings,
  since,
  state,
  subject,
  tags,
  threat,
  verdict,
  voter,
  wanted,
  enforced_by,
  freshness,
  source,
  outcome,
  rules_now,
  rules_then,
  role,
  disabled,
  invited,
  one_time_code,
  last_log_in,
  created_by,
  revoked_state,
  reviewer,
  within,
  // Headings.
  allowlist_heading,
  blocks_heading,
  devices_heading,
  history_heading,
  policy_heading,
  proposals_heading,
  reasons_heading,
  rejected_heading,
  sources_heading,
  votes_heading,
  scopes_heading,
  opinions_heading,
  dropped_heading,
  changes_heading,
  // Words in cells.
  yes,
  no,
  matched,
  decided,
  awaiting,
  refused,
  revoked,
  taken,
  // Messages.
  more_pages,
  more_releases,
  more_entries,
  missing_allowlists,
  nothing_matches,
  sample_of,
  confirm_approve,
  confirm_reject,
  confirm_defer,
  not_confirmed,
  refusal,
  waits_for_another,
  not_in_a_release,
  history_good,
  history_bad,
  history_bad_between,
  proof_good,
  need_key,
  need_ids_or_filter,
  need_terminal,
  need_ids_or_indicator,
  need_reason,
  need_indicators,
  too_many_for_all_or_nothing,
  observed_row_refused,
  observed_nothing_taken,
  cases_passed,
  cases_failed,
  nothing_changes,
  votes_void,
  invitation_for,
  token_once,
  // Of the review.
  approved,
  rejected_count,
  deferred,
  review_title,
  review_marked,
  review_waiting,
  review_loading,
  review_empty,
  review_keys,
  review_hint,
  review_approved,
  review_rejected,
  review_deferred,
  review_undone,
  review_nothing_to_undo,
  review_nothing_yet,
  review_nothing_done,
  review_awaiting,
  review_reason_blank,
  review_needs_terminal,
  ask_approve,
  ask_reject,
  ask_defer,
  ask_number,
  ready_sources,
  ready_seen,
  ready_ticket,
  ready_false_positive,
  ready_shared_host,
  ready_business,
  ready_asked,
  ready_watch,
  key_move,
  key_mark,
  key_approve,
  key_reject,
  key_defer,
  key_again,
  key_undo,
  key_evidence,
  key_filter,
  key_escape,
  key_quit,
  // What an error begins with.
  error_malformed_input,
  error_not_found,
  error_not_allowed,
  error_unauthenticated,
  error_conflict,
  error_exhausted,
  error_unavailable,
  error_outcome_unknown,
  error_corrupt,
};

struct Message {
  Text id;
  std::string_view en;
  std::string_view ja;
};

// In the order of Text, every one of them.
std::span<const Message> Catalogue();

std::string_view Find(Text id, Language language);

// "ja" for `asked`, LC_ALL, LC_MESSAGES or LANG (the first that is not empty) that starts so.
Language ChooseLanguage(std::string_view asked, std::string_view locale);

template <class... Arguments>
std::string Format(Language language, Text id, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(Find(id, language)), arguments...);
}

}  // namespace cli
