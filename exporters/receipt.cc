#include "exporters/receipt.h"

#include <algorithm>

#include "proto/convert.h"

namespace exporters {
namespace {

using sekisho::v1::ExporterMessage;
using sekisho::v1::Nack;

// Reasons may quote a device or a hostile message; a string field has to be UTF-8, and short.
std::string ForMessage(std::string text) {
  constexpr std::size_t size_max = 4096;
  text.resize(std::min(text.size(), size_max));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return text;
}

void Fill(const Receipt& receipt, sekisho::v1::Receipt& message) {
  message.set_release(receipt.release);
  if (receipt.digest) message.set_digest(proto::ToBytes(*receipt.digest));
  message.set_count(receipt.count);
  message.set_enforced(receipt.enforced);
  message.set_not_enforceable(receipt.not_enforceable);
  message.set_read_back(ForMessage(receipt.read_back));
  *message.mutable_at() = proto::ToTimestamp(receipt.at);
  message.set_drift(receipt.drift);
  for (const std::string& line : receipt.difference) message.add_difference(ForMessage(line));
}

Nack::Device DeviceOf(DeviceState state) {
  switch (state) {
    case DeviceState::unchanged: return Nack::DEVICE_UNCHANGED;
    case DeviceState::changed: return Nack::DEVICE_CHANGED;
    case DeviceState::unknown: return Nack::DEVICE_UNKNOWN;
  }
  return Nack::DEVICE_UNKNOWN;
}

}  // namespace

ExporterMessage ToMessage(const Receipt& receipt) {
  ExporterMessage message;
  Fill(receipt, *message.mutable_receipt());
  return message;
}

ExporterMessage ToMessage(const Answer& answer) {
  ExporterMessage message;
  if (answer.outcome) {
    message.mutable_ack()->set_nonce(answer.nonce);
    Fill(*answer.outcome, *message.mutable_ack()->mutable_receipt());
  } else {
    message.mutable_nack()->set_nonce(answer.nonce);
    message.mutable_nack()->set_device(DeviceOf(answer.outcome.error().device));
    message.mutable_nack()->set_reason(ForMessage(answer.outcome.error().reason));
  }
  return message;
}

}  // namespace exporters
