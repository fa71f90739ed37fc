export type HttpReason =
  | 'http.host_not_allowed'
  | 'http.origin_not_allowed'
  | 'http.method_not_allowed'
  | 'http.content_type_not_allowed'
  | 'http.accept_not_satisfiable'
  | 'http.content_encoding_not_allowed'
  | 'http.not_found'
  | 'http.body_too_large'
  | 'http.body_too_slow'
  | 'http.body_incomplete';
