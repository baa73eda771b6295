export * from '../../.gen/sekisho/v1/api_pb'
export * from '../../.gen/sekisho/v1/emergency_pb'
export * from '../../.gen/sekisho/v1/people_pb'
export * from '../../.gen/sekisho/v1/single_sign_on_pb'
