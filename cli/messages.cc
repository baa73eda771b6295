#include "cli/messages.h"

#include <array>
#include <cstddef>

namespace cli {
namespace {

constexpr auto last = Text::error_corrupt;

constexpr std::array<Message, static_cast<std::size_t>(last) + 1> catalogue{{
    {Text::accepted, "ACCEPTED", "取込日時"},
    {Text::action, "ACTION", "操作"},
    {Text::actor, "ACTOR", "操作者"},
    {Text::added, "ADDED", "追加"},
    {Text::approvers, "APPROVERS", "承認者"},
    {Text::at, "AT", "日時"},
    {Text::cause, "CAUSE", "原因"},
    {Text::checkpoint, "CHECKPOINT", "チェックポイント"},
    {Text::confidence, "CONFIDENCE", "確度"},
    {Text::count, "COUNT", "件数"},
    {Text::deferred_until, "DEFERRED UNTIL", "保留期限"},
    {Text::detail, "DETAIL", "詳細"},
    {Text::device, "DEVICE", "機器"},
    {Text::digest, "DIGEST", "ダイジェスト"},
    {Text::direction, "DIRECTION", "方向"},
    {Text::enforced, "ENFORCED", "適用"},
    {Text::entries, "ENTRIES", "記録数"},
    {Text::exporter, "EXPORTER", "エクスポーター"},
    {Text::expires, "EXPIRES", "有効期限"},
    {Text::feed, "FEED", "フィード"},
    {Text::first_seen, "FIRST SEEN", "初回観測"},
    {Text::held, "HELD", "停止件数"},
    {Text::id, "ID", "ID"},
    {Text::index, "INDEX", "番号"},
    {Text::indicator, "INDICATOR", "指標"},
    {Text::kind, "KIND", "種別"},
    {Text::last_seen, "LAST SEEN", "最終観測"},
    {Text::lifetime, "LIFETIME", "有効期間"},
    {Text::list, "LIST", "リスト"},
    {Text::malware, "MALWARE", "マルウェア"},
    {Text::name, "NAME", "名前"},
    {Text::not_enforceable, "NOT ENFORCEABLE", "適用不可"},
    {Text::number, "OBSERVATIONS", "観測数"},
    {Text::policy_version, "POLICY VERSION", "ポリシー版"},
    {Text::proposed_at, "PROPOSED AT", "提案日時"},
    {Text::proposed_by, "PROPOSED BY", "提案者"},
    {Text::proved, "PROVED", "証明済み"},
    {Text::reason, "REASON", "理由"},
    {Text::receipt, "RECEIPT", "受領日時"},
    {Text::reference, "REFERENCE", "参照"},
    {Text::rejected, "REJECTED", "不採用"},
    {Text::release, "RELEASE", "リリース"},
    {Text::removed, "REMOVED", "削除"},
    {Text::sightings, "SIGHTINGS", "検知回数"},
    {Text::since, "SINCE", "開始日時"},
    {Text::state, "STATE", "状態"},
    {Text::subject, "SUBJECT", "対象"},
    {Text::tags, "TAGS", "タグ"},
    {Text::threat, "THREAT", "脅威"},
    {Text::verdict, "VERDICT", "判断"},
    {Text::voter, "VOTER", "投票者"},
    {Text::wanted, "WANTED", "目標"},
    {Text::enforced_by, "ENFORCED BY", "適用できる機器"},
    {Text::freshness, "FRESHNESS", "鮮度"},
    {Text::source, "SOURCE", "情報源"},
    {Text::outcome, "OUTCOME", "結果"},
    {Text::rules_now, "NOW", "現在"},
    {Text::rules_then, "THEN", "変更後"},

    {Text::role, "ROLE", "役割"},
    {Text::disabled, "DISABLED", "無効"},
    {Text::invited, "INVITED", "招待中"},
    {Text::one_time_code, "ONE-TIME CODE", "ワンタイムコード"},
    {Text::last_log_in, "LAST LOG-IN", "最終ログイン"},
    {Text::created_by, "CREATED BY", "作成者"},
    {Text::revoked_state, "REVOKED", "失効"},
    {Text::allowlist_heading, "Allowlist", "許可リスト"},
    {Text::blocks_heading, "Blocks", "遮断"},
    {Text::devices_heading, "Devices", "機器"},
    {Text::history_heading, "History", "履歴"},
    {Text::policy_heading, "Policy", "ポリシー"},
    {Text::proposals_heading, "Proposals", "提案"},
    {Text::reasons_heading, "Reasons", "理由"},
    {Text::rejected_heading, "Rejected rows of {}", "{} の不採用の行"},
    {Text::sources_heading, "Sources ({} of {})", "情報源（{} / {}）"},
    {Text::votes_heading, "Votes", "投票"},
    {Text::scopes_heading, "What would be blocked, and by what", "遮断の対象と適用できる機器"},
    {Text::opinions_heading, "Opinions ({} of {})", "意見（{} / {}）"},
    {Text::dropped_heading, "Dropped, by reason", "理由別の不採用"},
    {Text::changes_heading, "Changes", "変更点"},

    {Text::yes, "yes", "はい"},
    {Text::no, "no", "いいえ"},
    {Text::matched, "MATCHED", "該当"},
    {Text::decided, "DECIDED", "決定"},
    {Text::awaiting, "AWAITING ANOTHER PERSON", "別の承認者待ち"},
    {Text::refused, "REFUSED", "拒否"},
    {Text::revoked, "REVOKED", "取消"},
    {Text::taken, "TAKEN", "受付"},

    {Text::more_pages, "{} of {} shown; for the next: --page-token {}",
     "全 {1} 件中 {0} 件を表示しました。続きは --page-token {2} で表示できます。"},
    {Text::more_releases, "older ones: --before {}", "これより前は --before {} で表示できます。"},
    {Text::more_entries, "there are more: --from {}", "続きは --from {} で表示できます。"},
    {Text::missing_allowlists,
     "nothing is proposed or approved until these allowlists were loaded once: {}",
     "次の許可リストを一度取り込むまで、何も提案されず、承認もできません: {}"},
    {Text::nothing_matches, "nothing matches; nothing was decided",
     "該当する提案はありません。何も決定していません。"},
    {Text::sample_of, "{} match, among them:", "{} 件が該当します。その一部:"},
    {Text::confirm_approve,
     "To approve all {0}, type {0}: ", "{0} 件すべてを承認するには {0} と入力してください: "},
    {Text::confirm_reject,
     "To reject all {0}, type {0}: ", "{0} 件すべてを却下するには {0} と入力してください: "},
    {Text::confirm_defer,
     "To defer all {0}, type {0}: ", "{0} 件すべてを保留するには {0} と入力してください: "},
    {Text::not_confirmed, "not confirmed; nothing was decided",
     "確認されなかったため、何も決定していません。"},
    {Text::refusal, "refused: {} {}: {}", "拒否されました: {} {}: {}"},
    {Text::waits_for_another, "proposal {} is in the queue; another person has to approve it",
     "提案 {} を承認待ちに入れました。別の人の承認が必要です。"},
    {Text::not_in_a_release, "in no release yet: a brake may hold it; see `sekisho brake list`",
     "まだリリースに入っていません。ブレーキで停止中の可能性があります。`sekisho brake list` "
     "で確認してください。"},
    {Text::history_good, "the history is good: {} entries, all of them proved",
     "履歴は正常です。{} 件の記録すべてが証明されました。"},
    {Text::history_bad, "the history is NOT good at entry {}: {}",
     "履歴は正常ではありません。記録 {}: {}"},
    {Text::history_bad_between, "the history is NOT good, somewhere from entry {} to {}: {}",
     "履歴は正常ではありません。記録 {} から {} の間: {}"},
    {Text::proof_good, "entry {} is in the history of {} entries that the checkpoint signs",
     "記録 {} は、チェックポイントが署名した {} 件の履歴に含まれます。"},
    {Text::need_key,
     "the history's verifier key is needed: give --key NAME+ID+KEY, or write `verifier_key` into "
     "the configuration. Get it from whoever runs the agent, in another way than over this "
     "connection, for it is what the agent is checked against",
     "履歴の検証鍵が必要です。--key NAME+ID+KEY で指定するか、設定ファイルの verifier_key "
     "に記載してください。エージェントを検証するための鍵なので、この接続とは別の方法で管理者から"
     "入手してください。"},
    {Text::need_ids_or_filter, "give either IDs or --filter",
     "ID か --filter のどちらか一方を指定してください。"},
    {Text::need_terminal,
     "a filter may match many; without a terminal to ask on, give --yes, or --dry-run to look "
     "first",
     "フィルターは多数に該当し得ます。端末で確認できない場合は --yes を、まず調べるには --dry-run "
     "を指定してください。"},
    {Text::need_ids_or_indicator, "give either IDs of blocks or one indicator",
     "遮断の ID か、指標 1 つのどちらか一方を指定してください。"},
    {Text::need_reason, "--reason must not be empty: it is kept in the history",
     "--reason は履歴に残るため、空にできません。"},
    {Text::need_indicators, "nothing to say: name indicators, or give --file",
     "指標を指定するか、--file を指定してください。"},
    {Text::too_many_for_all_or_nothing,
     "--all-or-nothing takes at most 10000 observations and 3 MiB; there are {}",
     "--all-or-nothing で扱えるのは 10000 件、3 MiB までです（{} 件あります）。"},
    {Text::observed_so_far, "{} of {} sent", "{} / {} 件を送信しました。"},
    {Text::observed_row_refused, "refused: row {}: {}: {}", "拒否されました: {} 行目: {}: {}"},
    {Text::observed_nothing_taken, "nothing was taken, as --all-or-nothing says",
     "--all-or-nothing のため、何も受け付けていません。"},
    {Text::cases_passed, "{} cases passed", "{} 件すべて合格しました。"},
    {Text::cases_failed, "{} of {} cases failed", "{1} 件中 {0} 件が不合格になりました。"},
    {Text::nothing_changes, "no proposal or block would change", "提案と遮断に変更はありません。"},
    {Text::votes_void,
     "the version would change from {} to {}: votes on what is pending become void",
     "版が {} から {} に変わるため、承認待ちの提案への投票は無効になります。"},

    {Text::invitation_for, "give {} this link; it works once, until {}:",
     "{} に次のリンクを渡してください。一度だけ、{} まで有効です："},
    {Text::token_once, "token {}, until {}; it is shown this once:",
     "トークン {}、{} まで有効。表示は一度だけです："},
    {Text::error_malformed_input, "not usable: {}", "使用できません: {}"},
    {Text::error_not_found, "not found: {}", "見つかりません: {}"},
    {Text::error_not_allowed, "not allowed: {}", "許可されていません: {}"},
    {Text::error_unauthenticated, "not signed in: {}; check --token-file or --certificate",
     "認証されていません: {}。--token-file か --certificate を確認してください。"},
    {Text::error_conflict, "changed in between, look again: {}",
     "その間に変更されました。もう一度確認してください: {}"},
    {Text::error_exhausted, "too much at once: {}", "上限を超えました: {}"},
    {Text::error_unavailable, "no answer: {}", "応答がありません: {}"},
    {Text::error_outcome_unknown, "outcome unknown: {}", "結果が不明です: {}"},
    {Text::error_corrupt, "damaged: {}", "破損しています: {}"},
}};

constexpr bool IsInOrder() {
  for (std::size_t i = 0; i < catalogue.size(); ++i) {
    if (catalogue[i].id != static_cast<Text>(i)) return false;
  }
  return true;
}
static_assert(IsInOrder(), "a message for every Text, in its order");

}  // namespace

std::span<const Message> Catalogue() {
  return catalogue;
}

std::string_view Find(Text id, Language language) {
  const Message& message = catalogue[static_cast<std::size_t>(id)];
  return language == Language::ja ? message.ja : message.en;
}

Language ChooseLanguage(std::string_view asked, std::string_view locale) {
  const std::string_view chosen = asked.empty() ? locale : asked;
  return chosen.starts_with("ja") ? Language::ja : Language::en;
}

}  // namespace cli
