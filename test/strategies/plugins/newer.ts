export default { api: '2.0', name: 'newer', about: 'of another time', params: {}, create: () => ({}) };
