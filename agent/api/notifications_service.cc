#include <string>
#include <utility>

#include "agent/api/page_token.h"
#include "agent/api/services.h"
#include "agent/notify/message.h"
#include "proto/convert.h"
#include "sekisho/v1/notification.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
namespace v1 = sekisho::v1;

constexpr std::size_t listed_by_default = 100;
constexpr std::size_t listed_max = 1000;

v1::Notification ToMessage(const store::Notification& row) {
  v1::Notification message;
  message.set_id(row.id);
  message.set_channel(row.channel);
  message.set_event(row.event);
  auto event = notify::ParseContent(row.content);
  if (event && (event->kind = notify::FindKind(row.event)) != nullptr) {
    message.set_text(notify::SentenceOf(*event, notify::Language::en));
    message.set_text_ja(notify::SentenceOf(*event, notify::Language::ja));
  }
  message.set_urgent(row.is_urgent);
  *message.mutable_at() = proto::ToTimestamp(row.at);
  message.set_state(std::string(store::Name(row.state)));
  message.set_attempts(row.attempts);
  if (row.state == store::NotificationState::waiting) {
    *message.mutable_due_at() = proto::ToTimestamp(row.due_at);
  }
  if (row.done_at) *message.mutable_done_at() = proto::ToTimestamp(*row.done_at);
  message.set_error(row.error);
  return message;
}

Result<v1::ListNotificationsResponse> List(const Desk& desk,
                                           const v1::ListNotificationsRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), listed_by_default, listed_max);
  auto rows = (*reader)->ListNotifications(request.before(), limit + 1);
  if (!rows) return tl::unexpected(rows.error());
  const auto late = (*reader)->CountLateNotifications();
  if (!late) return tl::unexpected(late.error());
  v1::ListNotificationsResponse response;
  response.set_late(*late);
  if (desk.notifier != nullptr) {
    for (std::string& name : desk.notifier->ChannelNames()) {
      response.add_channels(std::move(name));
    }
  }
  if (rows->size() > limit) {
    rows->pop_back();
    response.set_next_before(rows->back().id);
  }
  for (const store::Notification& row : *rows) *response.add_notifications() = ToMessage(row);
  return response;
}

}  // namespace

void AddNotifications(MethodTable& table, const Desk& desk) {
  table.Add<v1::ListNotificationsRequest, v1::ListNotificationsResponse>(
      "sekisho.v1.Notifications.ListNotifications",
      [&desk](const Caller&, const auto& request) { return List(desk, request); });
  table.Add<v1::SendTestRequest, v1::SendTestResponse>(
      "sekisho.v1.Notifications.SendTest",
      [&desk](const Caller& caller, const auto& request) -> Result<v1::SendTestResponse> {
        if (desk.notifier == nullptr) {
          return Fail(ErrorCode::not_found,
                      "there are no channels: section notifications has none");
        }
        const auto sent = desk.notifier->Test(request.channel(), caller.name);
        if (!sent) return tl::unexpected(sent.error());
        return v1::SendTestResponse();
      });
}

}  // namespace agent::api
